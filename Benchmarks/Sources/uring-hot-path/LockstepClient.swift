// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Blocking connections that all send a message, and then all wait for its echo.
struct LockstepClient {
  /// Bytes in a message.
  static let messageSize = 64

  private static let noSignal = Int32(MSG_NOSIGNAL)
  private static let all = Int32(MSG_WAITALL)
  private let sockets: [Int32]
  private let message = [UInt8](repeating: 0x2A, count: messageSize)

  init(port: UInt16, connections: Int) throws(Failure) {
    var sockets: [Int32] = []
    do throws(Failure) {
      for _ in 0..<connections { sockets.append(try Self.connect(to: port)) }
    } catch {
      for socket in sockets { Glibc.close(socket) }
      throw error
    }
    self.sockets = sockets
  }

  private static func connect(to port: UInt16) throws(Failure) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(call: "socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, size)
      }
    }
    // A lost echo ends the run instead of hanging it; a busy machine steps through one in seconds.
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    let limitSize = socklen_t(MemoryLayout<timeval>.size)
    let limited = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, limitSize)
    guard result == 0, limited == 0 else {
      let failure = Failure(call: "connect")
      Glibc.close(descriptor)
      throw failure
    }
    return descriptor
  }

  /// Sends on all connections, then receives on all, so many times.
  func echo(rounds: Int) throws(Failure) {
    var answer = [UInt8](repeating: 0, count: Self.messageSize)
    for _ in 0..<rounds {
      for socket in sockets {
        guard
          unsafe send(socket, message, Self.messageSize, Self.noSignal)
            == Self.messageSize
        else { throw Failure(call: "send") }
      }
      for socket in sockets {
        try Self.receive(&answer, from: socket)
        guard answer == message else { throw Failure("an echo is not what was sent") }
      }
    }
  }

  /// Receives a whole message; recv(2) tells less of it when something interrupts it.
  private static func receive(_ answer: inout [UInt8], from socket: Int32) throws(Failure) {
    var count = 0
    while count < messageSize {
      let more = unsafe answer.withUnsafeMutableBytes { memory in
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...])
        return unsafe recv(socket, rest.baseAddress, rest.count, all)
      }
      if more < 0, errno == EINTR { continue }
      guard more > 0 else { throw Failure(call: "recv") }
      count += more
    }
  }

  func close() {
    for socket in sockets { Glibc.close(socket) }
  }
}
