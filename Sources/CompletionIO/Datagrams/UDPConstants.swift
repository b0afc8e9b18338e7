/// Numbers of UDP that glibc's headers do not have (linux/udp.h).
enum UDPConstants {
  /// `SOL_UDP`.
  static let level: Int32 = 17
  /// `UDP_SEGMENT`, Linux 4.18.
  static let segment: Int32 = 103
  /// `UDP_GRO`, Linux 5.0.
  static let receivesTogether: Int32 = 104
}
