// SPDX-License-Identifier: Apache-2.0

/// How the kernel keeps values of a type.
struct OptionCoding<Value: Sendable>: Sendable {
  /// Bytes that a value has at most.
  var byteLimit = 4
  /// The bytes of a value; `nil` for one that cannot be kept.
  let encode: @Sendable (Value) -> [UInt8]?
  /// The value of the kernel's bytes; `nil` for bytes that are none.
  let decode: @Sendable ([UInt8]) -> Value?
}

extension OptionCoding<Int32> {
  /// An `int`.
  static var int: Self {
    Self { value in
      [UInt8](value)
    } decode: { bytes in
      Int32(bytes)
    }
  }
}

extension OptionCoding<UInt32> {
  /// An `unsigned int` of which every bit counts.
  static var bits: Self {
    Self { value in
      [UInt8](Int32(bitPattern: value))
    } decode: { bytes in
      Int32(bytes).map { UInt32(bitPattern: $0) }
    }
  }
}

extension OptionCoding<Bool> {
  /// An `int` that is 0 or not.
  static var flag: Self {
    Self { value in
      [UInt8](value ? 1 : 0)
    } decode: { bytes in
      Int32(bytes).map { $0 != 0 }
    }
  }
}

extension OptionCoding<Int> {
  /// A count, which is not negative.
  static var count: Self {
    Self { value in
      value < 0 ? nil : Int32(exactly: value).map { [UInt8]($0) }
    } decode: { bytes in
      Int32(bytes).map { Int($0) }
    }
  }

  /// A count in an `unsigned int`.
  static var unsignedCount: Self {
    Self { value in
      UInt32(exactly: value).map { [UInt8](Int32(bitPattern: $0)) }
    } decode: { bytes in
      Int32(bytes).map { Int(UInt32(bitPattern: $0)) }
    }
  }

  /// An `int` of either sign.
  static var number: Self {
    Self { value in
      Int32(exactly: value).map { [UInt8]($0) }
    } decode: { bytes in
      Int32(bytes).map { Int($0) }
    }
  }
}

extension OptionCoding<Duration> {
  /// Whole seconds, milliseconds or microseconds in an `int`.
  ///
  /// A part of a unit counts as a whole one, so that no wait is shorter than asked for.
  static func time(_ unit: OptionTimeUnit) -> Self {
    Self { value in
      unit.count(in: value).map { [UInt8]($0) }
    } decode: { bytes in
      Int32(bytes).map { unit.duration(of: $0) }
    }
  }
}

extension OptionCoding<Duration?> {
  /// A `struct linger`: whether, and for how many seconds.
  static var linger: Self {
    Self(byteLimit: 8) { value in
      guard let value else { return [UInt8](0) + [UInt8](0) }
      return OptionTimeUnit.second.count(in: value).map { [UInt8](1) + [UInt8]($0) }
    } decode: { bytes in
      guard let isOn = Int32(bytes), let seconds = Int32(bytes, at: 4) else {
        return nil
      }
      return .some(isOn == 0 ? nil : .seconds(Int64(seconds)))
    }
  }
}

extension OptionCoding<String> {
  /// A name of at most `byteLimit - 1` bytes, behind which the kernel puts a NUL.
  ///
  /// The kernel would cut a longer one and take what is left for the name.
  static func text(byteLimit: Int) -> Self {
    Self(byteLimit: byteLimit) { value in
      let bytes = Array(value.utf8)
      return bytes.count < byteLimit && !bytes.contains(0) ? bytes : nil
    } decode: { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// In what the kernel counts a time.
enum OptionTimeUnit: Int64 {
  case second = 1
  case millisecond = 1000
  case microsecond = 1_000_000

  private var attoseconds: Int64 { 1_000_000_000_000_000_000 / rawValue }

  /// How many of them a time is, a part of one counted as a whole; `nil` for a number that is
  /// negative or fits no `int`.
  func count(in time: Duration) -> Int32? {
    let (seconds, rest) = time.components
    guard seconds >= 0, rest >= 0, seconds <= Int64(Int32.max) else { return nil }
    return Int32(exactly: seconds * rawValue + (rest + attoseconds - 1) / attoseconds)
  }

  func duration(of count: Int32) -> Duration {
    let (seconds, rest) = Int64(count).quotientAndRemainder(dividingBy: rawValue)
    return Duration(secondsComponent: seconds, attosecondsComponent: rest * attoseconds)
  }
}

extension [UInt8] {
  /// An `int` in the machine's order.
  init(_ value: Int32) {
    let value = value.littleEndian
    self = (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}

extension FixedWidthInteger {
  /// A number in the machine's order; `nil` if there are too few bytes.
  init?(_ bytes: [UInt8], at start: Int = 0) {
    guard bytes.count >= start + Self.bitWidth / 8 else { return nil }
    var value = Self.zero
    for index in 0..<Self.bitWidth / 8 {
      value |= Self(truncatingIfNeeded: bytes[start + index]) << (index * 8)
    }
    self.init(littleEndian: value)
  }
}
