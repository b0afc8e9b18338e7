// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import Glibc
internal import NIOCore
internal import SystemPackage
internal import Uring

// Options that only channels of datagrams have.
extension UringDatagramChannel {
  /// Sets such an option.
  ///
  /// - Returns: Whether it is one.
  func setDatagramOption<Option: ChannelOption>(
    _ option: Option, _ value: Option.Value
  ) throws -> Bool {
    switch (option, value) {
    case (is ChannelOptions.Types.WriteSpinOption, let value as UInt):
      settings.writeSpin = value
    case (
      is ChannelOptions.Types.WriteBufferWaterMarkOption,
      let value as ChannelOptions.Types.WriteBufferWaterMark
    ):
      settings.waterMark = value
      noteUnsent()
    case (is ChannelOptions.Types.DatagramVectorReadMessageCountOption, let value as Int):
      datagramSettings.vectorCount = max(0, value)
      endReceive()
    case (is ChannelOptions.Types.ExplicitCongestionNotificationsOption, let value as Bool):
      try setTold(try congestionOption, to: value)
      datagramSettings.tellsCongestion = value
    case (is ChannelOptions.Types.ReceivePacketInfo, let value as Bool):
      try setTold(try packetInfoOption, to: value)
      datagramSettings.tellsPacketInfo = value
    case (is ChannelOptions.Types.DatagramSegmentSize, let value as CInt):
      try setSocketOption(UDPConstants.level, UDPConstants.segment, to: value)
    case (is ChannelOptions.Types.DatagramReceiveOffload, let value as Bool):
      try setSocketOption(
        UDPConstants.level, UDPConstants.receivesTogether, to: CInt(value ? 1 : 0))
    case (is ChannelOptions.Types.DatagramReceiveSegmentSize, let value as Bool):
      datagramSettings.tellsSegmentSize = value
    default:
      return false
    }
    return true
  }

  /// Reads such an option; `nil` for another.
  func datagramOption<Option: ChannelOption>(_ option: Option) throws -> Any? {
    switch option {
    case is ChannelOptions.Types.WriteSpinOption: return settings.writeSpin
    case is ChannelOptions.Types.WriteBufferWaterMarkOption: return settings.waterMark
    case is ChannelOptions.Types.BufferedWritableBytesOption: return writes.byteCount
    case is ChannelOptions.Types.DatagramVectorReadMessageCountOption:
      return datagramSettings.vectorCount
    case is ChannelOptions.Types.ExplicitCongestionNotificationsOption:
      return try isTold(try congestionOption)
    case is ChannelOptions.Types.ReceivePacketInfo: return try isTold(try packetInfoOption)
    case is ChannelOptions.Types.DatagramSegmentSize:
      return try socketOption(UDPConstants.level, UDPConstants.segment) as CInt
    case is ChannelOptions.Types.DatagramReceiveOffload:
      let value: CInt = try socketOption(UDPConstants.level, UDPConstants.receivesTogether)
      return value != 0
    case is ChannelOptions.Types.DatagramReceiveSegmentSize:
      return datagramSettings.tellsSegmentSize
    default: return nil
    }
  }

  /// A fact that the kernel tells of each datagram, by the option that has it do so.
  private struct Told {
    let level: Int32
    let name: Int32
  }

  private var congestionOption: Told {
    get throws {
      switch family {
      case AF_INET: Told(level: Int32(IPPROTO_IP), name: IP_RECVTOS)
      case AF_INET6: Told(level: Int32(IPPROTO_IPV6), name: IPV6_RECVTCLASS)
      default: throw ChannelError.operationUnsupported
      }
    }
  }

  private var packetInfoOption: Told {
    get throws {
      switch family {
      case AF_INET: Told(level: Int32(IPPROTO_IP), name: IP_PKTINFO)
      case AF_INET6: Told(level: Int32(IPPROTO_IPV6), name: IPV6_RECVPKTINFO)
      default: throw ChannelError.operationUnsupported
      }
    }
  }

  private func setTold(_ told: Told, to value: Bool) throws {
    try setSocketOption(told.level, told.name, to: CInt(value ? 1 : 0))
  }

  private func isTold(_ told: Told) throws -> Bool {
    let value: CInt = try socketOption(told.level, told.name)
    return value != 0
  }
}
#endif
