// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import NIOPosix

/// Serves "Hello, world!" with Hummingbird as its documentation says, on one event loop: a rival in
/// Scripts/compare-http.
@main
struct HummingbirdHello {
  static func main() async throws {
    guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]) else {
      throw Usage()
    }
    let router = Router()
    router.get("/") { _, _ in "Hello, world!" }
    let application = Application(
      router: router,
      configuration: ApplicationConfiguration(
        address: .hostname("127.0.0.1", port: port), backlog: 4096),
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1)))
    try await application.run()
  }

  struct Usage: Error, CustomStringConvertible {
    let description = "usage: hummingbird-hello PORT"
  }
}
