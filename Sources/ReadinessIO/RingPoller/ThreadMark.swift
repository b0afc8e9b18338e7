// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// A number for each thread that has made a poller, which no other thread ever has.
///
/// The numbers of threads will not do: a thread may be given that of one that has ended.
struct ThreadMark: Equatable {
  private let number: UInt

  /// The calling thread's; where it has none, one that is no other thread's either.
  static var current: ThreadMark {
    ThreadMark(number: UInt(bitPattern: unsafe pthread_getspecific(key)))
  }

  /// The calling thread's, made if need be.
  ///
  /// Where the thread cannot keep one (pthread_key_create(3)), it is the one of all threads that
  /// have none: then only the kernel tells threads apart.
  static func make() -> ThreadMark {
    guard current.number == 0 else { return current }
    let next = last.add(1, ordering: .relaxed).newValue
    _ = unsafe pthread_setspecific(key, UnsafeRawPointer(bitPattern: next))
    return current
  }

  private static let last = Atomic<UInt>(0)

  private static let key: pthread_key_t = {
    var key = pthread_key_t.max
    _ = unsafe pthread_key_create(&key, nil)
    return key
  }()
}
