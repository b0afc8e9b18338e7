// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension LoopCore {
  /// Hands as much as fits to the kernel's submission queue; the rest stays in line.
  mutating func submit<K: Kernel & ~Copyable>(to kernel: inout K) {
    if !freshTimeouts.isEmpty { resolveTimeouts(kernel) }
    var sent = 0
    while sent < controls.count {
      let request = controls[sent]
      guard kernel.prepare(request, token: Self.controlToken(of: request)) else { break }
      sent += 1
    }
    statistics.submissions += UInt64(sent)
    guard sent == controls.count else {
      controls.removeFirst(sent)
      statistics.submissionQueueFull += 1
      return
    }
    if sent > 0 { controls.removeAll(keepingCapacity: true) }
    while let slot = backlog.first {
      guard prepare(slot, on: &kernel) else {
        statistics.submissionQueueFull += 1
        return
      }
      _ = backlog.removeFirst()
    }
  }

  /// Prepares one flight; `false` when the submission queue is full.
  private mutating func prepare<K: Kernel & ~Copyable>(
    _ slot: Int, on kernel: inout K
  ) -> Bool {
    assert(table[slot].state == .queued, "slot \(slot) is not in line")
    if table[slot].facts.contains(.cancelRequested) {
      endWithoutKernel(slot, result: -Errno.canceled.rawValue)
      return true
    }
    var request = table[slot].request
    if table[slot].phase == .request, forms.needsPoll(request) {
      table[slot].phase = .readiness
    }
    if table[slot].phase != .request {
      request = .poll(request.descriptor, mask: Self.pollMask(before: request.operation))
    } else if request.operation == .shutdown || request.operation == .connect,
      let result = answerAtOnce(slot, kernel: &kernel)
    {
      statistics.otherSystemCalls += 1
      endWithoutKernel(slot, result: result)
      return true
    }
    let needsCancel = forms.triesByCancel && isTriedOnce(slot)
    if forms.triesByCancel, table[slot].phase == .request { request = forms.submitted(request) }
    guard kernel.prepare(request, token: table.token(of: slot)) else { return false }
    table[slot].state = .inKernel
    statistics.submissions += 1
    if needsCancel { controls.append(.cancel(table.token(of: slot))) }
    return true
  }

  /// POLLIN or POLLOUT (poll(2)).
  private static func pollMask(before operation: Uring.Operation) -> UInt32 {
    switch operation {
    case .accept, .receive, .receiveMessage: 0x1
    default: 0x4
    }
  }

  /// Makes a system call that does better than a request; `nil` where none does.
  ///
  /// A shutdown request always goes to a worker thread (`REQ_F_FORCE_ASYNC`), and a connect request
  /// never answers EINPROGRESS, which is what a non-blocking one is asked for. A connect request to
  /// a full Unix-domain backlog keeps a worker thread for as long as it waits (io_connect), or ends
  /// with EAGAIN if the socket is in non-blocking mode.
  @inline(never)
  private mutating func answerAtOnce<K: Kernel & ~Copyable>(
    _ slot: Int, kernel: inout K
  ) -> Int32? {
    let request = table[slot].request
    switch request.operation {
    case .shutdown where !request.descriptor.isDirect:
      return kernel.shutdown(request.descriptor, direction: Int32(bitPattern: request.count))
    case .connect:
      if request.isToUnixDomain { table[slot].facts.insert(.unixDomain) }
      // connect(2) takes no direct descriptor.
      guard !request.descriptor.isDirect else { return nil }
      return table[slot].facts.contains(.unixDomain) || table.policy(of: slot).asksNotToWait
        ? kernel.connectWithoutWaiting(request) : nil
    default:
      return nil
    }
  }
}
