internal import Uring

/// Something that starts operations and is told of each answer, on the loop's thread.
///
/// A class, so that telling it is one indirect call without an existential. A flight keeps its
/// owner alive until the final completion.
public class OperationOwner {
  /// Where the loop's registry holds it; -1 for not at all.
  final var registryIndex = -1

  init() {}

  /// Told of an answer to one of its operations.
  ///
  /// - Parameters:
  ///   - outcome: The answer; without `hasMore` the last one.
  ///   - lease: The provided buffer that the kernel took, if any.
  func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    preconditionFailure("an owner of operations hears of their ends")
  }

  /// Whether its requests are of this library's making, so that a wrong one is a mistake in here.
  var isPartOfLibrary: Bool { true }

  /// Whether a send on the socket of its receives is with the kernel, or has been cut short.
  var hasSendUnderWay: Bool { false }

  /// Ends itself, because its loop ends.
  func stop() {}
}

/// A suspended task as the owner of one operation.
@safe
final class Suspension: OperationOwner {
  private let continuation: UnsafeContinuation<Outcome, Never>

  init(_ continuation: UnsafeContinuation<Outcome, Never>) {
    unsafe self.continuation = unsafe continuation
  }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    unsafe continuation.resume(returning: outcome)
  }
}
