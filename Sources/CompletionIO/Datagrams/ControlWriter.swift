// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Uring

/// Writes control messages behind each other: cmsg(3).
@safe
struct ControlWriter {
  private let memory: UnsafeMutableRawPointer
  private let limit: Int
  /// Bytes that are written.
  private(set) var byteCount = 0

  /// - Parameters:
  ///   - memory: Aligned to 8 bytes.
  ///   - limit: Bytes of it.
  @unsafe
  init(_ memory: UnsafeMutableRawPointer, limit: Int) {
    unsafe self.memory = unsafe memory
    self.limit = limit
  }

  /// Adds what the kernel is told of one datagram.
  mutating func add(_ options: DatagramSendOptions, isIPv6: Bool) {
    if let size = options.segmentByteCount {
      add(UDPConstants.level, UDPConstants.segment, UInt16(clamping: size))
    }
    if let trafficClass = options.trafficClass {
      let value = Int32(trafficClass.rawValue)
      // Of an IPv6 socket, for its IPv4 peers: each protocol reads its own (ip_cmsg_send).
      add(Int32(IPPROTO_IP), IP_TOS, value)
      if isIPv6 { add(Int32(IPPROTO_IPV6), IPV6_TCLASS, value) }
    }
    if options.source != nil || options.interfaceIndex != nil {
      addPacketInfo(options.source, options.interfaceIndex ?? 0, isIPv6: isIPv6)
    }
  }

  private mutating func addPacketInfo(
    _ source: SocketAddress?, _ interface: UInt32, isIPv6: Bool
  ) {
    if isIPv6 {
      // struct in6_pktinfo: the address, then the interface.
      guard let value = unsafe start(Int32(IPPROTO_IPV6), IPV6_PKTINFO, 20) else { return }
      if let source, source.isIPv4 {
        // ::ffff:0:0/96 (RFC 4291).
        unsafe value.storeBytes(of: UInt16.max, toByteOffset: 10, as: UInt16.self)
        _ = unsafe source.storeInternetBytes(to: value + 12)
      } else if let source {
        _ = unsafe source.storeInternetBytes(to: value)
      }
      unsafe value.storeBytes(of: interface, toByteOffset: 16, as: UInt32.self)
    } else {
      // struct in_pktinfo: the interface, the source, and an address that only a receive has.
      guard let value = unsafe start(Int32(IPPROTO_IP), IP_PKTINFO, 12) else { return }
      unsafe value.storeBytes(of: interface, as: UInt32.self)
      if let source { _ = unsafe source.storeInternetBytes(to: value + 4) }
      unsafe value.storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
    }
  }

  private mutating func add<Value: FixedWidthInteger & BitwiseCopyable>(
    _ level: Int32, _ type: Int32, _ value: Value
  ) {
    let size = MemoryLayout<Value>.size
    guard let memory = unsafe start(level, type, size) else { return }
    unsafe memory.storeBytes(of: value, as: Value.self)
  }

  /// Writes a header, and gives the zeroed place of its value.
  @unsafe
  private mutating func start(
    _ level: Int32, _ type: Int32, _ valueByteCount: Int
  ) -> UnsafeMutableRawPointer? {
    let space = ControlMessage.byteCount(forValueOf: valueByteCount)
    guard byteCount + space <= limit else {
      assertionFailure("\(byteCount + space) bytes of control messages")
      return nil
    }
    let start = unsafe memory + byteCount
    unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: space)
    let headerByteCount = 16  // struct cmsghdr
    unsafe start.storeBytes(of: UInt64(headerByteCount + valueByteCount), as: UInt64.self)
    unsafe start.storeBytes(of: level, toByteOffset: 8, as: Int32.self)
    unsafe start.storeBytes(of: type, toByteOffset: 12, as: Int32.self)
    byteCount += space
    return unsafe start + headerByteCount
  }
}
