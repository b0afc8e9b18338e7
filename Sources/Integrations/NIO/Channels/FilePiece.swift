// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import NIOCore
internal import SystemPackage
internal import Uring

/// A part of a file on its way through memory to a socket.
@safe
final class FilePiece {
  static let capacity = 64 * 1024

  private let memory: UnsafeMutableRawPointer
  let byteCount: Int

  /// Reads the beginning of a region: pread(2), which may wait for a disk, as sendfile(2) does.
  ///
  /// - Throws: `IOError`; with EIO for a file that ends before its region does.
  init(_ region: FileRegion) throws {
    let wanted = min(Self.capacity, region.readableBytes)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, wanted), alignment: 16)
    unsafe self.memory = unsafe memory
    do {
      byteCount = try region.fileHandle.withUnsafeFileDescriptor { file in
        let target = unsafe UnsafeMutableRawBufferPointer(start: memory, count: wanted)
        return try unsafe FileDescriptor(rawValue: file).read(
          fromAbsoluteOffset: Int64(region.readerIndex), into: target)
      }
    } catch let error as Errno {
      unsafe memory.deallocate()
      throw IOError(error, "pread")
    }
    guard byteCount > 0 || wanted == 0 else { throw IOError(.ioError, "pread") }
  }

  deinit {
    unsafe memory.deallocate()
  }

  /// A request to send what is behind the first few bytes.
  func send(from offset: Int, to socket: Descriptor, options: Request.Options) -> Request {
    unsafe .send(
      memory + offset, byteCount: byteCount - offset, to: socket, options: options)
  }
}
#endif
