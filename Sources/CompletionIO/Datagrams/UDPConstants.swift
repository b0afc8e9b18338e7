// SPDX-License-Identifier: Apache-2.0

/// Numbers of UDP that glibc's headers do not have (linux/udp.h).
package enum UDPConstants {
  /// `SOL_UDP`.
  package static let level: Int32 = 17
  /// `UDP_SEGMENT`, Linux 4.18.
  package static let segment: Int32 = 103
  /// `UDP_GRO`, Linux 5.0.
  package static let receivesTogether: Int32 = 104
}
