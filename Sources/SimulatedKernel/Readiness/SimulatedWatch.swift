// SPDX-License-Identifier: Apache-2.0

internal import ReadinessIO

/// A socket that some calls have told to watch: an entry of an epoll instance (epoll(7)).
///
/// It belongs to the socket and to the number that was watched. Should another number of the same
/// socket outlive that one, its events go on under the old number.
final class SimulatedWatch {
  unowned let calls: SimulatedCalls
  unowned let socket: SimulatedSocket
  let number: Int32
  /// Whether it stands in the line of those that the next wait looks at.
  var isInLine = false
  /// Whether nobody is told any more.
  private(set) var isOver = false

  init(_ calls: SimulatedCalls, _ socket: SimulatedSocket, _ number: Int32) {
    self.calls = calls
    self.socket = socket
    self.number = number
  }

  /// Something has come; what, is looked at by the wait that tells of it (ep_poll_callback).
  func tell() {
    guard !isInLine, !isOver else { return }
    let machine = calls.machine
    guard machine.faults.strikes(.lateWakeUp) else { return notice() }
    machine.schedule(.notice(self), after: machine.latency() * 4)
  }

  /// Gets in line for the next wait.
  func notice() {
    guard !isInLine, !isOver else { return }
    isInLine = true
    calls.arrived.append(self)
  }

  /// Ends with its file, or because it is told to.
  func end() {
    leaveSocket()
    calls.watches.removeAll { $0 === self }
  }

  /// Tells nobody any more.
  func leaveSocket() {
    isOver = true
    socket.watches.removeAll { $0 === self }
  }

  /// All that its socket is ready for; a lack of room is remembered (tcp_poll, unix_dgram_poll).
  var readiness: Readiness {
    let readiness = socket.readiness
    if !readiness.contains(.writable) { socket.hasLackedRoom = true }
    return readiness
  }
}
