// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension RawRing {
  /// Hands requests over and does not wait.
  func submit(_ requests: RawRequest...) throws(Finding) {
    try submit(requests)
  }

  /// Hands requests over and does not wait.
  func submit(_ requests: [RawRequest]) throws(Finding) {
    try push(requests)
    var left = requests.count
    while left > 0 {
      let taken = enterOnce()
      guard taken > 0 else { throw .differs("io_uring_enter takes none: \(taken)") }
      left -= Int(taken)
    }
  }

  /// Completions up to now, with the work that the kernel has put off.
  func arrived() -> [RawCompletion] {
    _ = enterOnce()
    return reap()
  }

  /// Waits for completions that are bound to come.
  func wait(_ count: Int = 1) throws(Finding) -> [RawCompletion] {
    var found = reap()
    while found.count < count {
      let entered = enterOnce(waitFor: count - found.count)
      let reaped = reap()
      found += reaped
      let isInterrupted = entered == -Errno.interrupted.rawValue
      guard !reaped.isEmpty || isInterrupted else {
        throw .differs("waits for \(count) completions, gets \(found)")
      }
    }
    return found
  }

  /// Waits for one completion, which has to be the only one.
  func only() throws(Finding) -> RawCompletion {
    let found = try wait()
    guard found.count == 1 else { throw .differs("one completion expected: \(found)") }
    return found[0]
  }

  /// Hands one request over and waits for its completion.
  func perform(_ request: RawRequest) throws(Finding) -> RawCompletion {
    try submit(request)
    return try only()
  }

  /// Hands a request over that has to stay with the kernel.
  func arm(_ requests: RawRequest...) throws(Finding) {
    try submit(requests)
    let early = arrived()
    try expect(early.isEmpty, "completes at once: \(early)")
  }
}
