// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Opening the connections.
extension StormPeers {
  /// Opens all connections and has one byte echoed on each.
  ///
  /// - Parameters:
  ///   - window: Connects and first echoes under way at once.
  ///   - isStuck: Ends it early; asked at each turn.
  mutating func connectAll(
    window: Int, until isStuck: (borrowing StormPeers) -> Bool = { _ in false }
  ) {
    var next = 0
    while next < count || openingCount > 0, !isLate, !isStuck(self) {
      while next < count, openingCount < window {
        begin(next)
        next += 1
        // What has been answered meanwhile is taken between, as by peers of their own.
        if next % 64 == 0 { turn(milliseconds: 0) }
      }
      turn(milliseconds: 20)
    }
  }

  /// Starts a connection, which sends its first byte as soon as it is there.
  private mutating func begin(_ index: Int) {
    let peer = unsafe peers + index
    unsafe peer.pointee.allowed = 1
    owedCount += 1
    openingCount += 1
    unsafe peer.pointee.state = .connecting
    do throws(SystemFailure) {
      unsafe peer.pointee.descriptor = try TCP.open(nonblocking: true)
      let descriptor = unsafe peer.pointee.descriptor
      TCP.setNoDelay(descriptor)
      TCP.setResetOnClose(descriptor)
      if usesSmallBuffers {
        // What a slow reader does not read soon waits in the server, not in the kernel, which sizes
        // the buffers of the server's end by this end's segments: those of loopback have 64 KiB.
        setBuffers(index, 4096)
        TCP.set(TCP_MAXSEG, level: Int32(IPPROTO_TCP), to: 1460, on: descriptor)
      }
      let code = unsafe server.withSockaddr { unsafe connect(descriptor, $0, $1) }
      if code != 0 && errno != EINPROGRESS { throw SystemFailure("connect \(server)") }
      watch(index, room: true, operation: EPOLL_CTL_ADD)
    } catch {
      lose(index, error.description)
    }
  }

  mutating func finishConnecting(_ index: Int) {
    let code = unsafe TCP.pendingError(of: peers[index].descriptor)
    guard code == 0 else {
      return lose(index, SystemFailure("connect", code: code).description)
    }
    unsafe peers[index].state = .open
    push(index)
  }

  /// Sets how much the kernel may keep for a peer, each way.
  func setBuffers(_ index: Int, _ byteCount: Int32) {
    unsafe TCP.setBuffers(of: peers[index].descriptor, to: byteCount)
  }
}
