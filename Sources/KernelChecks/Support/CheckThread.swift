// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// The thread that a check runs on; it ends with the check.
final class CheckThread: Sendable {
  private let work: @Sendable (CheckContext) throws(Finding) -> Void
  private let outcome = Mutex<Result<String?, Finding>?>(nil)

  private init(_ work: @escaping @Sendable (CheckContext) throws(Finding) -> Void) {
    self.work = work
  }

  /// Runs work on a new thread and waits for it.
  ///
  /// - Returns: The note that the work left in its context.
  @discardableResult
  static func run(
    _ work: @escaping @Sendable (CheckContext) throws(Finding) -> Void
  ) throws(Finding) -> String? {
    let thread = CheckThread(work)
    var identifier = pthread_t()
    let context = unsafe Unmanaged.passRetained(thread)
    let error = unsafe pthread_create(
      &identifier, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<CheckThread>.fromOpaque(context).takeRetainedValue().main()
        return nil
      }, context.toOpaque())
    guard error == 0 else {
      unsafe context.release()
      throw .skipped("no thread to run on: errno \(error)")
    }
    pthread_join(identifier, nil)
    guard let outcome = thread.outcome.withLock({ $0 }) else {
      throw .skipped("the thread ended without an outcome")
    }
    return try outcome.get()
  }

  private func main() {
    do throws(Finding) {
      let context = CheckContext()
      defer { context.clear() }
      try work(context)
      let note = context.note
      outcome.withLock { $0 = .success(note) }
    } catch {
      outcome.withLock { $0 = .failure(error) }
    }
  }
}
