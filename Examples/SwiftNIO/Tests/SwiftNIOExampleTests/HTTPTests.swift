// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import HelloHTTP
import NIOCore
import NIOHTTP1
import NIOUring
import Serving
import Testing

/// NIOHTTP1 on completion loops.
@Suite struct HTTPTests {
  @Test(arguments: kernels)
  func severalRequestsOfAConnection(on kernel: KernelChoice) async throws {
    try await withServer(on: kernel, HelloHTTP.start) { group, server in
      for _ in 0..<4 { try await converse(with: server, by: group) }
    }
  }

  @Test(arguments: kernels)
  func aRequestThatIsNoneIsRefused(on kernel: KernelChoice) async throws {
    try await withServer(on: kernel, HelloHTTP.start) { group, server in
      let client = try await group.connect(to: server)
      try await client.executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(string: "what is this\r\n\r\n"))
        var parts = inbound.makeAsyncIterator()
        let answer = String(buffer: try await parts.next(.max))
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
      }
    }
  }
}
