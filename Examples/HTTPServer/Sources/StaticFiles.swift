// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

/// A file that is being sent; closed when nobody refers to it any more.
final class OpenFile: Sendable {
  let descriptor: FileDescriptor
  let byteCount: Int

  init(_ descriptor: FileDescriptor, byteCount: Int) {
    self.descriptor = descriptor
    self.byteCount = byteCount
  }

  deinit {
    try? descriptor.close()
  }
}

/// The files of a folder, and of the folders in it.
///
/// Opening a file waits for the disk, on the loop's thread: good for a small site, whose names the
/// kernel remembers.
final class StaticFiles: Sendable {
  private let root: FileDescriptor

  /// Opens a folder.
  ///
  /// - Throws: ENOENT, ENOTDIR, EACCES.
  init(root path: String) throws(Errno) {
    root = try Self.open(path, in: FileDescriptor(rawValue: AT_FDCWD), O_DIRECTORY)
  }

  deinit {
    try? root.close()
  }

  /// Opens a file by its way from the folder; no part of it may be a symbolic link.
  ///
  /// - Returns: The file; `nil` if there is none, or none that is served.
  /// - Throws: EMFILE, ENFILE, EIO and their kin.
  func open(_ segments: [String]) throws(Errno) -> OpenFile? {
    do throws(Errno) {
      var folder = try root.duplicateForWalk()
      defer { try? folder.close() }
      for segment in segments.dropLast() {
        let next = try Self.open(segment, in: folder, O_DIRECTORY | O_NOFOLLOW)
        try? folder.close()
        folder = next
      }
      // Without O_NONBLOCK a named pipe would be waited for.
      let file = try Self.open(segments.last ?? ".", in: folder, O_NOFOLLOW | O_NONBLOCK)
      return try Self.regularFile(file)
    } catch .noSuchFileOrDirectory, .notDirectory, .permissionDenied, .tooManySymbolicLinkLevels,
      .fileNameTooLong, .noSuchAddressOrDevice
    {
      return nil
    }
  }

  private static func regularFile(_ file: FileDescriptor) throws(Errno) -> OpenFile? {
    let stat: Stat
    do throws(Errno) {
      stat = try file.stat()
    } catch {
      try? file.close()
      throw error
    }
    let open = OpenFile(file, byteCount: Int(stat.size))
    return stat.type == .regular ? open : nil
  }

  /// Opens a name in a folder.
  ///
  /// The corresponding C function is `openat`, which swift-system does not have.
  fileprivate static func open(
    _ name: String, in folder: FileDescriptor, _ flags: Int32
  ) throws(Errno) -> FileDescriptor {
    let number = openat(folder.rawValue, name, O_RDONLY | O_CLOEXEC | flags)
    guard number >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: number)
  }
}

extension FileDescriptor {
  /// Opens the same folder once more.
  fileprivate func duplicateForWalk() throws(Errno) -> FileDescriptor {
    try StaticFiles.open(".", in: self, O_DIRECTORY)
  }
}
