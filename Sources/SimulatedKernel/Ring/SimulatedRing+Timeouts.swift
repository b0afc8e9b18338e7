// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
package import Uring

// Timeouts on the virtual clock, with the answers of Linux 6.18 and in its order.
extension SimulatedRing {
  /// Takes a request and the timeout that ends it; neither, when both do not fit.
  package func prepare(
    _ request: Request, token: Token, timeout: Duration, timeoutToken: Token
  ) -> Bool {
    guard prepared.count + 2 <= lastSubmissionLimit else { return false }
    prepared.append(Entry(request: request, token: token, isLinked: true))
    prepared.append(Entry(request: .linkTimeout(after: timeout), token: timeoutToken))
    return true
  }

  /// Keeps a timeout, and lets its time run.
  func armTimeout(_ timeout: ArmedRequest, endedBy timer: ArmedRequest?) {
    keep(timeout)
    timeout.timer = timer
    start(timeout)
    if let timer { start(timer) }
  }

  /// Lets the time of a timeout run, unless its request has ended already.
  func start(_ timer: ArmedRequest) {
    guard timer.phase == .working else { return }
    timer.phase = .waiting
    machine.schedule(.expire(timer), after: timer.request.operand)
  }

  /// The time of a timeout is up; from now on its request's end is not its own any more
  /// (io_link_timeout_fn).
  func expire(_ timer: ArmedRequest) {
    guard timer.phase == .waiting else { return }
    if !timer.hasWaited, machine.faults.strikes(.lateWakeUp) {
      timer.hasWaited = true
      return machine.schedule(.expire(timer), after: machine.latency() * 4)
    }
    if let target = timer.target { armed[target]?.timer = nil }
    timer.phase = .ready
    work.append(.request(timer))
  }

  /// Ends a timeout that has expired, and before it asks for the end of its request.
  ///
  /// What keeps the request from being ended is the timeout's result; ENOENT where the request has
  /// ended in the meantime (io_req_task_link_timeout).
  func fire(_ timer: ArmedRequest) {
    let result = timer.target.map { cancel($0) } ?? 0
    end(timer, result == 0 ? -Errno.timeout.rawValue : result)
  }

  /// Ends the timeout of a request that ends; its completion is work of its own (io_disarm_next).
  func disarm(_ timer: ArmedRequest) {
    timer.isCancelled = true
    timer.phase = .ready
    work.append(.request(timer))
  }

  /// Has a timeout end without waiting; `false` for one that has expired, and for one of a request,
  /// which no cancel finds (io_timeout_extract).
  func cancelTimeout(_ timeout: ArmedRequest) -> Bool {
    guard timeout.target == nil, timeout.phase == .waiting else { return false }
    disarm(timeout)
    return true
  }

  /// Ends what is in flight and tells nobody, as the kernel does with a ring that is closed.
  func abandonAll() {
    let all = armed.values.sorted { $0.token.rawValue < $1.token.rawValue }
    for request in all {
      request.phase = .ended
      request.socket?.forget(request)
    }
    machine.armedCount -= all.count
    for request in all {
      request.socket?.holderCount -= 1
      request.socket?.releaseIfUnused()
    }
  }
}
