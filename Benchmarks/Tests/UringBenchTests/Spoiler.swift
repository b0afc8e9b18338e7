// SPDX-License-Identifier: Apache-2.0

import Glibc

@testable import uring_bench

/// An echo server that spoils one message of its first connection, as a broken engine would.
struct Spoiler {
  enum Fault { case flip, double, lose }

  let port: UInt16

  /// - Parameters:
  ///   - fault: What happens to the message.
  ///   - connections: How many it serves.
  /// - Throws: SystemFailure.
  init(_ fault: Fault, connections: Int = 1) throws {
    let listener = try TCP.listen(at: try IPv4Endpoint(host: "127.0.0.1", port: 0), backlog: 8)
    port = listener.port
    try SmallThread.start {
      for number in 0..<connections {
        let connection = accept(listener.descriptor, nil, nil)
        let isStarted: Void? = try? SmallThread.start {
          Self.serve(connection, number == 0 ? fault : nil)
          close(connection)
        }
        if isStarted == nil { close(connection) }
      }
      close(listener.descriptor)
    }
  }

  /// Spoils the fifth piece it receives; the first is the single byte that opens a connection.
  private static func serve(_ connection: Int32, _ fault: Fault?) {
    var pieces = 0
    var bytes = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe recv(connection, &bytes, bytes.count - 1, 0)
      guard count > 0 else { return }
      pieces += 1
      var length = count
      if pieces == 5 {
        switch fault {
        case .flip: bytes[0] ^= 1
        case .double:
          bytes[count] = bytes[count - 1]
          length += 1
        case .lose: length -= 1
        case nil: break
        }
      }
      guard unsafe send(connection, bytes, length, Int32(MSG_NOSIGNAL)) == length else { return }
    }
  }
}
