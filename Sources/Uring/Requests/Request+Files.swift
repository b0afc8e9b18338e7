// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
public import SystemPackage

/// The parts of a transfer from a file for which a request has no room of its own.
///
/// Read whenever the request is prepared; in place until its completion.
public struct FileTransfer: Hashable, Sendable {
  /// Where in the file the bytes are, in bytes from its start; `UInt64.max` for a pipe, which has no
  /// places.
  public var offset: UInt64
  /// Where a read puts them.
  public var memory: UInt
  /// The file or pipe that a splice takes them from.
  public var source: FileDescriptor

  /// Describes a transfer.
  ///
  /// - Parameters:
  ///   - source: The file or pipe that the bytes come from.
  ///   - offset: Where they are; `UInt64.max` for a pipe.
  ///   - memory: Where a read puts them; 0 for a splice.
  public init(from source: FileDescriptor, offset: UInt64 = .max, memory: UInt = 0) {
    self.source = source
    self.offset = offset
    self.memory = memory
  }
}

extension Request {
  /// Reads from a place of a file.
  ///
  /// - Parameters:
  ///   - transfer: File, place and memory, which is the kernel's until the completion.
  ///   - byteCount: How many bytes to read at most; 0 bytes are the end of the file.
  /// - Returns: The request.
  ///
  /// The corresponding C function is `io_uring_prep_read` (Linux 5.6).
  @unsafe
  public static func readFile(
    _ transfer: UnsafePointer<FileTransfer>, byteCount: Int
  ) -> Self {
    Self(
      .readFile, on: .file(unsafe transfer.pointee.source), count: movedByteLimit(byteCount),
      operand: UInt64(UInt(bitPattern: transfer)))
  }

  /// Moves bytes from a file or a socket into a pipe, or from a pipe into a socket, without a copy where the
  /// kernel can.
  ///
  /// The kernel hands each to a worker thread (`REQ_F_FORCE_ASYNC`), which waits there.
  ///
  /// - Parameters:
  ///   - transfer: The source, and the place in a file.
  ///   - byteCount: How many bytes to move at most.
  ///   - target: The pipe or socket.
  /// - Returns: The request.
  ///
  /// The corresponding C function is `io_uring_prep_splice` (Linux 5.7).
  @unsafe
  public static func splice(
    _ transfer: UnsafePointer<FileTransfer>, byteCount: Int, to target: Descriptor
  ) -> Self {
    Self(
      .splice, on: target, count: movedByteLimit(byteCount),
      operand: UInt64(UInt(bitPattern: transfer)))
  }

  /// Writes a transfer from a file into a queue entry.
  func encodeFileTransfer(into entry: UnsafeMutablePointer<curing_kernel_sqe>) {
    // Without a transfer the kernel says that there is no such descriptor.
    let place = unsafe UnsafePointer<FileTransfer>(bitPattern: UInt(operand))
    let transfer =
      unsafe place?.pointee ?? FileTransfer(from: FileDescriptor(rawValue: -1), offset: 0)
    let (source, offset) = (transfer.source.rawValue, transfer.offset)
    if operation == .splice {
      unsafe curing_prep_splice(
        entry, source, Int64(bitPattern: offset), descriptor.rawValue, count)
      if descriptor.isDirect { unsafe curing_use_direct(entry) }
    } else {
      unsafe curing_prep_read_at(entry, source, UInt64(transfer.memory), count, offset)
    }
  }
}
