// SPDX-License-Identifier: Apache-2.0

import Glibc
package import SystemPackage

/// A thread of its own for what blocks: Swift's concurrency threads must not.
package final class TestThread {
  private let identifier: pthread_t
  private var isJoined = false

  package init(_ body: @escaping @Sendable () -> Void) throws(Errno) {
    let box = unsafe Unmanaged.passRetained(Body(run: body))
    var identifier = pthread_t()
    let code = unsafe pthread_create(
      &identifier, nil,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      unsafe box.release()
      throw Errno(rawValue: code)
    }
    self.identifier = identifier
  }

  deinit {
    if !isJoined { pthread_detach(identifier) }
  }

  /// Waits for its end.
  package func join() {
    guard !isJoined else { return }
    isJoined = true
    pthread_join(identifier, nil)
  }

  /// Interrupts what it waits in; not after its end has been waited for.
  package func interrupt(with signal: Int32) {
    if !isJoined { pthread_kill(identifier, signal) }
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) {
      self.run = run
    }
  }
}

/// Runs work on a thread of its own and waits for it.
package func onOtherThread(_ work: @escaping @Sendable () -> Void) throws(Errno) {
  try TestThread(work).join()
}

/// Runs work on a thread of its own that nobody waits for.
package func detachThread(_ work: @escaping @Sendable () -> Void) {
  do throws(Errno) {
    _ = try TestThread(work)
  } catch {
    preconditionFailure("no thread: \(error)")
  }
}
