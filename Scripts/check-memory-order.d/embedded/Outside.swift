// SPDX-License-Identifier: Apache-2.0

// What Embedded Swift lacks of the names that the files use which it compiles.

/// The lock, as calls that the compiler knows nothing of.
struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  private let cell: UnsafeMutablePointer<Value>

  init(_ value: consuming sending Value) {
    cell = .allocate(capacity: 1)
    cell.initialize(to: value)
  }

  borrowing func withLock<R: ~Copyable>(_ body: (inout sending Value) -> sending R) -> sending R {
    outside_lock()
    defer { outside_unlock() }
    return body(&cell.pointee)
  }
}

struct UnownedJob: Sendable {
  var context: UInt
}

nonisolated(unsafe) var errno: Int32 = 0

@_silgen_name("outside_lock") private func outside_lock()
@_silgen_name("outside_unlock") private func outside_unlock()
