// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import NIOCore
internal import Uring

extension Datagram {
  /// What the kernel told of the datagram, as NIO has it.
  func metadata(_ settings: DatagramSettings) -> AddressedEnvelope<ByteBuffer>.Metadata? {
    guard settings.tellsMetadata else { return nil }
    var packetInfo: NIOPacketInfo?
    if settings.tellsPacketInfo, let destination, let interfaceIndex {
      packetInfo = NIOPacketInfo(
        destinationAddress: NIOCore.SocketAddress(destination), interfaceIndex: Int(interfaceIndex))
    }
    return AddressedEnvelope.Metadata(
      ecnState: NIOExplicitCongestionNotificationState(congestionMark ?? .notCapable),
      packetInfo: packetInfo, segmentSize: settings.tellsSegmentSize ? segmentByteCount : nil)
  }
}

extension NIOExplicitCongestionNotificationState {
  /// The two bits as NIO names them.
  init(_ mark: CongestionMark) {
    self =
      switch mark {
      case .notCapable: .transportNotCapable
      case .capable0: .transportCapableFlag0
      case .capable1: .transportCapableFlag1
      case .experienced: .congestionExperienced
      }
  }
}

extension CongestionMark {
  /// The two bits that NIO names.
  init(_ state: NIOExplicitCongestionNotificationState) {
    self =
      switch state {
      case .transportNotCapable: .notCapable
      case .transportCapableFlag0: .capable0
      case .transportCapableFlag1: .capable1
      case .congestionExperienced: .experienced
      }
  }
}

extension DatagramSendOptions {
  /// What the kernel is told of a datagram: its mark and how it is cut.
  ///
  /// NIOPosix takes no source from it either.
  init(_ metadata: AddressedEnvelope<ByteBuffer>.Metadata?) {
    self.init()
    guard let metadata else { return }
    trafficClass = TrafficClass(rawValue: CongestionMark(metadata.ecnState).rawValue)
    segmentByteCount = metadata.segmentSize
  }
}
#endif
