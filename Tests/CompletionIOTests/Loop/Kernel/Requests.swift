// SPDX-License-Identifier: Apache-2.0

import Glibc

@testable import Uring

// Requests on descriptors and memory that do not exist; a scripted kernel touches neither. Only the
// addresses of connects exist, because a loop looks at their family.
extension Request {
  /// A request on descriptor 7 and an address of its own.
  static func made(
    _ operation: Uring.Operation, on number: Int32 = 7, options: Options = [],
    byteCount: Int = 0, address: UInt64 = 0x1000
  ) -> Request {
    Request(
      operation, on: Descriptor(rawValue: number, isDirect: false), options: options,
      count: UInt32(byteCount), operand: address)
  }

  /// A multishot receive from a loop's pool.
  static func receiveMany(on number: Int32 = 7) -> Request {
    .receiveMultishot(Descriptor(rawValue: number, isDirect: false), bufferGroup: 0)
  }

  /// A multishot accept.
  static func acceptMany(on number: Int32 = 5, options: Options = []) -> Request {
    .acceptMultishot(from: Descriptor(rawValue: number, isDirect: false), options: options)
  }

  /// A connect to an IPv4 address.
  static func connectToInternet(on number: Int32 = 7) -> Request {
    connect(of: AF_INET, from: Descriptor(rawValue: number, isDirect: false))
  }

  /// A connect to a Unix-domain address.
  static func connectToUnix(
    from socket: Descriptor = Descriptor(rawValue: 7, isDirect: false)
  ) -> Request {
    connect(of: AF_UNIX, from: socket)
  }

  private static func connect(of family: Int32, from socket: Descriptor) -> Request {
    let address = family == AF_UNIX ? Addresses.unix : Addresses.internet
    return Request(.connect, on: socket, count: 16, operand: UInt64(address))
  }
}

/// Addresses of which only the family is filled in; in place for as long as the tests run.
private enum Addresses {
  static let internet = make(AF_INET)
  static let unix = make(AF_UNIX)

  private static func make(_ family: Int32) -> UInt {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 8)
    unsafe memory.storeBytes(of: sa_family_t(family), as: sa_family_t.self)
    return UInt(bitPattern: memory)
  }
}
