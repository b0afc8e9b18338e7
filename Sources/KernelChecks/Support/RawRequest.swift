// SPDX-License-Identifier: Apache-2.0

internal import CLiburing

/// A submission queue entry, field by field.
struct RawRequest {
  private(set) var entry = curing_raw_request()

  init(
    _ opcode: UInt8, on descriptor: Int32 = -1, address: UInt64 = 0, length: UInt32 = 0,
    offset: UInt64 = 0, flags: UInt32 = 0, priority: UInt16 = 0
  ) {
    entry.opcode = opcode
    entry.descriptor = descriptor
    entry.address = address
    entry.length = length
    entry.offset = offset
    entry.operation_flags = flags
    entry.priority = priority
    entry.token = 1
  }

  var token: UInt64 { entry.token }

  /// The same request by another token than 1.
  func tagged(_ token: UInt64) -> Self {
    changed { $0.token = token }
  }

  /// IOSQE_IO_LINK: the next request waits for this one.
  var linked: Self { changed { $0.flags |= 1 << 2 } }

  /// IOSQE_ASYNC: to a worker thread, without trying first.
  var asynchronous: Self { changed { $0.flags |= 1 << 4 } }

  /// IOSQE_FIXED_FILE: the descriptor is a place in the direct table.
  var direct: Self { changed { $0.flags |= 1 << 0 } }

  /// IOSQE_BUFFER_SELECT: memory comes from a group.
  func selecting(_ group: UInt16) -> Self {
    changed {
      $0.flags |= 1 << 5
      $0.buffer_group = group
    }
  }

  /// The same request with a change of any field.
  func changed(_ change: (inout curing_raw_request) -> Void) -> Self {
    var copy = self
    change(&copy.entry)
    return copy
  }
}
