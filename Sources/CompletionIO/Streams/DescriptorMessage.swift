// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
internal import Uring

/// A `msghdr` with one piece of memory, and with room for descriptors in its control data.
///
/// The kernel reads and writes it while a request is on its way; whoever waits for the request keeps
/// it.
@safe
final class DescriptorMessage: Sendable {
  /// Descriptors that one message can pass (SCM_MAX_FD, unix(7)).
  static let descriptorLimit = 253

  // Of one size, so that a `cmsghdr` and what comes behind it are aligned (CMSG_ALIGN).
  nonisolated(unsafe) private let header: UnsafeMutablePointer<msghdr>
  nonisolated(unsafe) private let vector: UnsafeMutablePointer<iovec>
  nonisolated(unsafe) private let control: UnsafeMutableRawPointer

  private init(address: UInt, byteCount: Int, descriptorCount: Int) {
    unsafe header = .allocate(capacity: 1)
    unsafe vector = .allocate(capacity: 1)
    let space = Self.controlByteCount(for: descriptorCount)
    unsafe control = .allocate(byteCount: space + 8, alignment: 8)
    unsafe control.initializeMemory(as: UInt8.self, repeating: 0, count: space + 8)
    unsafe vector.initialize(
      to: iovec(iov_base: UnsafeMutableRawPointer(bitPattern: address), iov_len: byteCount))
    unsafe header.initialize(to: msghdr())
    unsafe header.pointee.msg_iov = unsafe vector
    unsafe header.pointee.msg_iovlen = 1
    guard descriptorCount > 0 else { return }
    unsafe header.pointee.msg_control = unsafe control
    // As much as CMSG_LEN says: with the padding there would be room for one more.
    unsafe header.pointee.msg_controllen = space
  }

  deinit {
    unsafe header.deallocate()
    unsafe vector.deallocate()
    unsafe control.deallocate()
  }

  /// A message that passes descriptors with a caller's bytes.
  convenience init(_ bytes: InputMemory, passing descriptors: [FileDescriptor]) {
    self.init(
      address: bytes.address, byteCount: bytes.byteCount, descriptorCount: descriptors.count)
    unsafe control.storeBytes(of: Self.controlByteCount(for: descriptors.count), as: Int.self)
    unsafe control.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: Int32.self)
    unsafe control.storeBytes(of: Self.rights, toByteOffset: 12, as: Int32.self)
    for (index, descriptor) in descriptors.enumerated() {
      unsafe control.storeBytes(
        of: descriptor.rawValue, toByteOffset: Self.headByteCount + 4 * index, as: Int32.self)
    }
  }

  /// A message that takes bytes into a caller's memory, and so many descriptors.
  convenience init(into bytes: OutputMemory, descriptorLimit: Int) {
    self.init(
      address: bytes.address, byteCount: bytes.byteCount,
      descriptorCount: max(0, min(descriptorLimit, Self.descriptorLimit)))
  }

  /// The address of the `msghdr`.
  var address: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(header) }

  /// Whether the kernel has dropped descriptors, for which there was no room or no number left.
  var isTruncated: Bool {
    unsafe header.pointee.msg_flags & Int32(MSG_CTRUNC) != 0
  }

  /// The descriptors that have come, which belong to the caller; to be called once.
  func takeDescriptors() -> [FileDescriptor] {
    var descriptors: [FileDescriptor] = []
    var offset = 0
    let end = unsafe header.pointee.msg_control == nil ? 0 : Int(header.pointee.msg_controllen)
    while offset + Self.headByteCount <= end {
      let length = unsafe control.load(fromByteOffset: offset, as: Int.self)
      guard length >= Self.headByteCount, length <= end - offset else { break }
      let level = unsafe control.load(fromByteOffset: offset + 8, as: Int32.self)
      let type = unsafe control.load(fromByteOffset: offset + 12, as: Int32.self)
      if level == SOL_SOCKET, type == Self.rights {
        for place in 0..<((length - Self.headByteCount) / 4) {
          let number = unsafe control.load(
            fromByteOffset: offset + Self.headByteCount + 4 * place, as: Int32.self)
          descriptors.append(FileDescriptor(rawValue: number))
        }
      }
      offset += (length + 7) & ~7
    }
    return descriptors
  }

  /// SCM_RIGHTS (unix(7)).
  private static let rights: Int32 = 1
  /// Bytes of a `cmsghdr`.
  private static let headByteCount = 16

  /// CMSG_LEN of so many descriptors (cmsg(3)).
  private static func controlByteCount(for count: Int) -> Int {
    count == 0 ? 0 : headByteCount + 4 * count
  }
}
