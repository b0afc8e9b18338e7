// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// A completion as the kernel wrote it.
struct RawCompletion: Hashable, CustomStringConvertible {
  var token: UInt64
  var result: Int32
  var flags: UInt32

  var isArmed: Bool { Completion.Flags(rawValue: flags).contains(.more) }
  var isNotification: Bool { Completion.Flags(rawValue: flags).contains(.notification) }
  var saysNonEmpty: Bool { Completion.Flags(rawValue: flags).contains(.socketNonEmpty) }
  /// IORING_CQE_F_BUF_MORE (Linux 6.12).
  var keepsBuffer: Bool { flags & 1 << 4 != 0 }
  var buffer: UInt16? {
    Completion(token: Token(rawValue: token), result: result, flags: .init(rawValue: flags))
      .bufferIndex
  }

  func fails(with error: Errno) -> Bool { result == -error.rawValue }

  var description: String {
    let text = result < 0 ? "-\(Errno(rawValue: -result))" : "\(result)"
    return "#\(token): \(text), flags 0x\(String(flags, radix: 16))"
  }
}

extension [RawCompletion] {
  /// The results alone, in order.
  var results: [Int32] { map(\.result) }

  /// The tokens alone, in order.
  var tokens: [UInt64] { map(\.token) }

  /// The first completion of a request.
  func first(of token: UInt64) -> RawCompletion? { first { $0.token == token } }
}
