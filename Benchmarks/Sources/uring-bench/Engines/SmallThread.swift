// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Detached threads with a small stack: ten thousand of the default 8 MiB would reserve 80 GB.
enum SmallThread {
  /// Runs `body` on a thread of its own.
  ///
  /// - Throws: EAGAIN when the system has no more threads to give.
  static func start(
    stackBytes: Int = 64 * 1024, _ body: @escaping @Sendable () -> Void
  ) throws(SystemFailure) {
    let box = unsafe Unmanaged.passRetained(Body(body))
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, stackBytes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, &attributes,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
      }, box.toOpaque())
    unsafe pthread_attr_destroy(&attributes)
    guard code == 0 else {
      unsafe box.release()
      throw SystemFailure("pthread_create", code: code)
    }
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
