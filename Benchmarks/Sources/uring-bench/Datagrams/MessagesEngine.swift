// SPDX-License-Identifier: Apache-2.0

import CDatagrams
import Glibc

/// A UDP echo server in C, with recvmmsg(2) and sendmmsg(2): what a plain server can do.
@safe
final class MessagesEngine: EchoEngine, @unchecked Sendable {
  // Unchecked: the server's thread writes the counts, which are read as they are.

  let port: UInt16
  private let descriptor: Int32
  private let isStopped = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
  private let counts = UnsafeMutablePointer<UInt64>.allocate(capacity: 3)

  /// - Throws: EMFILE, ENOBUFS, EAGAIN.
  init() throws(SystemFailure) {
    var port: UInt16 = 0
    descriptor = unsafe cdatagrams_bind(&port)
    guard descriptor >= 0 else { throw SystemFailure("bind a UDP socket") }
    self.port = port
    unsafe isStopped.initialize(to: 0)
    unsafe counts.initialize(repeating: 0, count: 3)
    try SmallThread.start { [self] in run() }
  }

  private func run() {
    if unsafe cdatagrams_echo(descriptor, isStopped, counts) != 0 {
      StandardLines.report("\(SystemFailure("receive datagrams"))")
    }
  }

  func counters() -> EngineCounters {
    unsafe EngineCounters(messages: counts[0], bytes: counts[1], kernelCalls: counts[2])
  }

  /// Has the thread end; the process does soon, and takes the memory along.
  func stop() { unsafe isStopped.pointee = 1 }
}
