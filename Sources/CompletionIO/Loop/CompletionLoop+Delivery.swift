// SPDX-License-Identifier: Apache-2.0

internal import Uring

// Answers on their way to the owners of operations.
extension CompletionLoop {
  /// Delivers what has ended without the kernel; what handlers end meanwhile comes a turn later,
  /// so that they never starve completions.
  func deliverEnded<K: Kernel & ~Copyable>(on kernel: inout K) {
    swap(&endedBatch, &core.ended)
    for completion in endedBatch {
      if let delivery = core.settle(completion, on: &kernel) { deliver(delivery) }
    }
    endedBatch.removeAll(keepingCapacity: true)
  }

  /// Notifies an operation's owner of an answer; its buffer goes with it or back to the pool.
  @inline(__always)
  func deliver(_ delivery: Delivery) {
    let outcome = delivery.outcome
    var lease = received(delivery)
    guard let owner = unsafe delivery.owner else { return }
    // The flight, or now this call, holds the reference that keeps the owner alive meanwhile.
    unsafe owner._withUnsafeGuaranteedRef { $0.completed(outcome, lease: lease.take()) }
    guard delivery.isLast else { return }
    unsafe owner.release()
    if !core.releaseHandlers.isEmpty { core.releaseHandlers.removeValue(forKey: outcome.token)?() }
  }
}
