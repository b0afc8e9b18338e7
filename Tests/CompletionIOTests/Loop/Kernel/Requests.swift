@testable import Uring

// Requests on descriptors and memory that do not exist; a scripted kernel touches neither.
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
}
