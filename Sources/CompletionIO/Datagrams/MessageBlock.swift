// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import Uring

/// Memory for one datagram on its way out: a `msghdr`, its vector, the address, control messages.
///
/// The kernel reads all of it until the completion: control messages again with each try
/// (____sys_sendmsg). Whoever takes a block gives it back to its ``MessageBlocks``.
@safe
package struct MessageBlock {
  private let memory: UnsafeMutableRawPointer

  private static let vectorOffset = 64
  private static let nameOffset = 80
  private static let nameLimit = 128
  private static let controlOffset = 208
  /// A segment size, two traffic classes, and an IPv6 packet info: 24 + 24 + 24 + 40 bytes.
  private static let controlLimit = 112
  private static let byteCount = controlOffset + controlLimit

  fileprivate init() {
    unsafe memory = .allocate(byteCount: Self.byteCount, alignment: 16)
    unsafe header.initialize(to: msghdr())
    unsafe vector.initialize(to: iovec())
    unsafe header.pointee.msg_iov = unsafe vector
    unsafe header.pointee.msg_iovlen = 1
  }

  fileprivate func free() { unsafe memory.deallocate() }

  private var header: UnsafeMutablePointer<msghdr> {
    unsafe memory.assumingMemoryBound(to: msghdr.self)
  }

  private var vector: UnsafeMutablePointer<iovec> {
    unsafe (memory + Self.vectorOffset).assumingMemoryBound(to: iovec.self)
  }

  /// Sets the bytes.
  package func setBytes(at address: UInt, byteCount: Int) {
    unsafe vector.pointee.iov_base = unsafe UnsafeMutableRawPointer(bitPattern: address)
    unsafe vector.pointee.iov_len = byteCount
  }

  /// Sets where the datagram goes; to the socket's peer if `nil`.
  package func setAddress(_ address: SocketAddress?) {
    guard let address else { return setName(byteCount: 0) }
    let target = unsafe memory + Self.nameOffset
    let count = unsafe address.withSockaddr { pointer, byteCount in
      let count = min(byteCount, Self.nameLimit)
      unsafe target.copyMemory(from: pointer, byteCount: count)
      return count
    }
    setName(byteCount: count)
  }

  /// Sets where the datagram goes by the bytes of a received datagram's sender.
  func setAddress(copying bytes: RawSpan) {
    let target = unsafe memory + Self.nameOffset
    let count = unsafe bytes.withUnsafeBytes { source in
      let count = min(source.count, Self.nameLimit)
      if let start = source.baseAddress {
        unsafe target.copyMemory(from: start, byteCount: count)
      }
      return count
    }
    setName(byteCount: count)
  }

  private func setName(byteCount: Int) {
    unsafe header.pointee.msg_name = unsafe byteCount > 0 ? memory + Self.nameOffset : nil
    unsafe header.pointee.msg_namelen = socklen_t(byteCount)
  }

  /// Sets the control messages.
  package func setControl(_ options: DatagramSendOptions, isIPv6: Bool) {
    var count = 0
    if !options.isEmpty {
      let target = unsafe memory + Self.controlOffset
      var writer = unsafe ControlWriter(target, limit: Self.controlLimit)
      writer.add(options, isIPv6: isIPv6)
      count = writer.byteCount
    }
    unsafe header.pointee.msg_control = unsafe count > 0 ? memory + Self.controlOffset : nil
    unsafe header.pointee.msg_controllen = count
  }

  /// A send of the datagram.
  package func send(byteCount: Int, to descriptor: Descriptor) -> Request {
    unsafe .sendMessage(UnsafeRawPointer(memory), byteCount: byteCount, to: descriptor)
  }
}

/// Blocks of one socket that nobody uses, so that a datagram allocates nothing.
package struct MessageBlocks: ~Copyable {
  private var free: [MessageBlock] = []

  /// Blocks that are kept for datagrams to come.
  private static var keptCount: Int { 64 }

  /// Makes an empty collection.
  package init() {}

  package mutating func take() -> MessageBlock { free.popLast() ?? MessageBlock() }

  package mutating func put(_ block: MessageBlock) {
    guard free.count < Self.keptCount else { return block.free() }
    free.append(block)
  }

  deinit {
    for block in free { block.free() }
  }
}
