// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Opening the connections, a window of them at a time.
extension EchoLoad {
  /// How to open connections.
  struct ConnectPlan {
    let server: IPv4Endpoint
    /// Connects and first echoes under way at once: the listener's backlog must hold them.
    let window: Int
    /// Connections from one source address before the next is used.
    let perSource: Int
    /// When to give up, on the monotonic clock.
    let deadline: UInt64
  }

  /// Opens all connections and echoes one byte on each, which shows that the server has accepted it.
  ///
  /// Failures are counted, not thrown.
  ///
  /// - Parameters:
  ///   - plan: How.
  ///   - progress: Is told now and then how many there are.
  mutating func connectAll(_ plan: ConnectPlan, progress: (Int) -> Void = { _ in }) {
    var next = 0
    var underWay = 0
    while next < count || underWay > 0 {
      while next < count, underWay < plan.window {
        if begin(next, plan) { underWay += 1 }
        next += 1
      }
      if underWay == 0 { continue }
      let ready = wait(milliseconds: MonotonicClock.milliseconds(until: plan.deadline))
      for slot in 0..<ready {
        let index = unsafe Int(events[slot].data.u64)
        if proceed(index) { underWay -= 1 }
      }
      progress(result.established)
      if MonotonicClock.now >= plan.deadline { break }
    }
    giveUpUnfinished(from: next)
  }

  /// Starts connection `index`.
  ///
  /// - Returns: whether it is under way.
  private mutating func begin(_ index: Int, _ plan: ConnectPlan) -> Bool {
    let connection = unsafe connections + index
    do throws(SystemFailure) {
      unsafe connection.pointee.descriptor = try TCP.open(nonblocking: true)
      let descriptor = unsafe connection.pointee.descriptor
      TCP.setNoDelay(descriptor)
      TCP.setResetOnClose(descriptor)
      try bindSource(descriptor, number: (first + index) / plan.perSource, plan.server)
      let code = unsafe plan.server.withSockaddr { unsafe connect(descriptor, $0, $1) }
      if code != 0 && errno != EINPROGRESS { throw SystemFailure("connect \(plan.server)") }
      guard watch(index, operation: EPOLL_CTL_ADD, room: true) else {
        throw SystemFailure("epoll_ctl")
      }
      return true
    } catch {
      fail(index, error.description)
      return false
    }
  }

  /// From the second source address on, binds the address and leaves the port to connect(2), which
  /// can then share ports between destinations (IP_BIND_ADDRESS_NO_PORT, Linux 4.2).
  private func bindSource(
    _ descriptor: Int32, number: Int, _ server: IPv4Endpoint
  ) throws(SystemFailure) {
    guard number > 0, server.isLoopback else { return }
    TCP.set(IP_BIND_ADDRESS_NO_PORT, level: Int32(IPPROTO_IP), on: descriptor)
    let bits = UInt32(127) << 24 | UInt32(1 + number / 250) << 8 | UInt32(1 + number % 250)
    let source = IPv4Endpoint(address: in_addr(s_addr: bits.bigEndian), port: 0)
    let code = unsafe source.withSockaddr { unsafe bind(descriptor, $0, $1) }
    guard code == 0 else { throw SystemFailure("bind source \(source.host)") }
  }

  /// Takes connection `index` a step on after an event.
  ///
  /// - Returns: whether it is no longer under way.
  private mutating func proceed(_ index: Int) -> Bool {
    let connection = unsafe connections + index
    switch unsafe connection.pointee.state {
    case .connecting:
      let code = unsafe TCP.pendingError(of: connection.pointee.descriptor)
      if code != 0 {
        fail(index, SystemFailure("connect", code: code).description)
        return true
      }
      return !prime(index)
    case .priming:
      return finishPriming(index)
    case .ready, .dead:
      return false
    }
  }

  /// Sends the first byte.
  ///
  /// - Returns: whether it went out.
  private mutating func prime(_ index: Int) -> Bool {
    let connection = unsafe connections + index
    let position = ContentTable.start(of: first + index)
    let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
    guard unsafe send(connection.pointee.descriptor, table.from(position), 1, flags) == 1 else {
      fail(index, SystemFailure("first send").description)
      return false
    }
    unsafe connection.pointee.sendPosition = ContentTable.advance(position, by: 1)
    unsafe connection.pointee.receivePosition = position
    unsafe connection.pointee.state = .priming
    return watch(index, operation: EPOLL_CTL_MOD, room: false)
  }

  /// Takes the first byte's echo.
  private mutating func finishPriming(_ index: Int) -> Bool {
    let connection = unsafe connections + index
    let received = unsafe recv(
      connection.pointee.descriptor, buffer, ContentTable.span, Int32(MSG_DONTWAIT))
    if received < 0 && errno == EAGAIN { return false }
    guard received > 0 else {
      let code = received < 0 ? errno : 0
      result.shortConnections += 1
      drop(
        index,
        code == 0
          ? "closed before its first echo" : SystemFailure("first receive", code: code).description)
      return true
    }
    let position = unsafe connection.pointee.receivePosition
    guard received == 1, unsafe memcmp(buffer, table.from(position), 1) == 0 else {
      result.badBytes += UInt64(received)
      drop(index, "its first echo was \(received) bytes, or not the byte sent")
      return true
    }
    unsafe connection.pointee.receivePosition = ContentTable.advance(position, by: 1)
    unsafe connection.pointee.isActive = shape.isActive(first + index)
    unsafe connection.pointee.state = .ready
    result.established += 1
    return true
  }

  private mutating func giveUpUnfinished(from next: Int) {
    for index in 0..<count {
      switch unsafe connections[index].state {
      case .connecting where index < next: fail(index, "no connection in time")
      case .connecting: fail(index, "not tried: the time for connecting was over")
      case .priming: fail(index, "no first echo in time")
      case .ready, .dead: break
      }
    }
  }

  private mutating func fail(_ index: Int, _ reason: String) {
    result.connectFailures += 1
    drop(index, reason)
  }
}
