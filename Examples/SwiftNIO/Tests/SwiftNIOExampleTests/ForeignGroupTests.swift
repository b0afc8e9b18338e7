// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import NIOUring
import Testing

/// Who cannot run on completion loops: what goes through NIOPosix's own bootstraps.
@Suite struct ForeignGroupTests {
  @Test func bootstrapsOfNIOPosixRefuse() async throws {
    let group = UringEventLoopGroup.singleton
    #expect(ServerBootstrap(validatingGroup: group) == nil)
    #expect(ClientBootstrap(validatingGroup: group) == nil)
  }

  @Test func hummingbirdsOwnServerEndsTheProcess() async {
    await #expect(processExitsWith: .failure) {
      let setup = HTTP1Channel { _, writer, _ in
        try await writer.writeResponse(HTTPResponse(status: .ok))
      }
      let server = Server(
        childChannelSetup: setup,
        configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { $0.close(promise: nil) },
        eventLoopGroup: UringEventLoopGroup.singleton, logger: Logger(label: "hello"))
      try await server.run()
    }
  }
}
