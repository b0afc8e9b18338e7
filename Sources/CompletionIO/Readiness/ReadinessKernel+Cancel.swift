// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Cancels, and timeouts.
extension ReadinessKernel where Calls: ~Copyable {
  /// Ends other requests; the completion of the cancel comes first (Linux 6.18).
  mutating func cancel(_ request: WaitingRequest) {
    guard request.request.operation == .cancel, request.request.count == 1 else {
      return cancel(request, Token(rawValue: request.request.operand))
    }
    let places = waiting.all
    let timeouts = timers.removeAlone()
    finish(request, Int32(clamping: places.count + timeouts.count))
    for place in places { end(place) }
    for timeout in timeouts { finish(timeout, -Errno.canceled.rawValue) }
  }

  private mutating func cancel(_ request: WaitingRequest, _ name: Token) {
    if let place = waiting.place(of: name) {
      finish(request, 0)
      end(place)
    } else if let timeout = timers.removeAlone(name) {
      finish(request, 0)
      finish(timeout, -Errno.canceled.rawValue)
    } else {
      finish(request, -Errno.noSuchFileOrDirectory.rawValue)
    }
  }

  /// Ends a request that waits.
  private mutating func end(_ place: Int32) {
    let request = waiting[place]
    remove(place)
    finish(request, request.cancelledResult)
  }

  mutating func startTimeout(_ request: WaitingRequest) {
    timers.add(
      KernelTimers.Timer(
        time: calls.now &+ request.request.operand, token: request.token, target: nil,
        hasTimer: request.hasTimer))
  }

  /// Ends timeouts whose time is up, and the requests that they are for; the completion of the
  /// timeout comes first (io_req_task_link_timeout).
  mutating func fireDueTimers() {
    while let timer = timers.removeDue(at: { calls.now }) {
      guard let target = timer.target else {
        finish(timer, -Errno.timeout.rawValue)
        continue
      }
      if let place = waiting.place(of: target) {
        post(timer.token, -Errno.timeout.rawValue)
        end(place)
      } else if let timeout = timers.removeAlone(target) {
        post(timer.token, -Errno.timeout.rawValue)
        finish(timeout, -Errno.canceled.rawValue)
      } else {
        post(timer.token, -Errno.noSuchFileOrDirectory.rawValue)
      }
    }
  }

  /// Posts the completion of a timeout alone, and that of the timeout that would have ended it.
  private mutating func finish(_ timeout: KernelTimers.Timer, _ result: Int32) {
    post(timeout.token, result)
    if timeout.hasTimer, let timer = timers.remove(endingAt: timeout.token) {
      post(timer, -Errno.canceled.rawValue)
    }
  }
}

extension WaitingRequest {
  /// The result of a request that is cancelled: what has moved is told.
  var cancelledResult: Int32 {
    doneByteCount > 0 ? Int32(bitPattern: doneByteCount) : -Errno.canceled.rawValue
  }
}
