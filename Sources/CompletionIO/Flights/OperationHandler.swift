// SPDX-License-Identifier: Apache-2.0

public import Uring

/// Is notified of the answers to operations, on the loop's thread: the face for framework authors.
///
/// One handler may serve any number of operations, so that none has to be allocated for each.
public final class OperationHandler: OperationOwner {
  private let body: (Outcome, consuming BufferLease?) -> Void

  /// Makes a handler.
  ///
  /// - Parameter body: Called with each answer: once for an operation, several times for a
  ///   multishot one. What the kernel received into a buffer of the loop's pool comes as a lease,
  ///   and goes back to the pool unless it is kept.
  public init(_ body: @escaping (Outcome, consuming BufferLease?) -> Void) {
    self.body = body
  }

  override var isPartOfLibrary: Bool { false }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    body(outcome, lease)
  }
}
