import CompletionIO
import Uring

/// Bytes that tell their place: one that is lost, doubled or moved shows.
func numbered(_ byteCount: Int, from start: Int = 0) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(byteCount)
  var position = start % period.count
  while bytes.count < byteCount {
    let count = min(byteCount - bytes.count, period.count - position)
    bytes += period[position..<position + count]
    position = 0
  }
  return bytes
}

/// Its length is a prime number, so that no power of two hides a shift.
private let period: [UInt8] = (0..<65521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

extension TCPConnection {
  /// Sends an array.
  func send(_ bytes: [UInt8], timeout: Duration? = nil) async throws(SocketError) {
    try await send(unsafe bytes.span.bytes, timeout: timeout)
  }

  /// Receives so many bytes, or fewer at the end of the stream.
  func receive(atMost byteCount: Int) async throws(SocketError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < byteCount, let chunk = try await receive() {
      unsafe chunk.bytes.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// Receives into memory: at most so many bytes, fewer if fewer have come.
  func receive(intoMemory limit: Int, timeout: Duration? = nil) async throws(SocketError) -> [UInt8]
  {
    var memory = [UInt8](repeating: 0, count: limit)
    let count: Int
    do {
      var span = memory.mutableSpan
      var bytes = unsafe span.mutableBytes
      count = try await receive(into: &bytes, timeout: timeout)
    }
    return Array(memory[..<count])
  }

  /// Sends numbered bytes and checks that they come back in order.
  ///
  /// The echo of a long message needs a reader before its last byte is out.
  func exchange(_ byteCount: Int, from start: Int = 0) async throws {
    let message = numbered(byteCount, from: start)
    async let sending: Void = send(message)
    let back = try await receive(atMost: byteCount)
    try await sending
    guard back == message else { throw WrongBytes(expected: message, received: back) }
  }
}

/// Bytes that are not those that were sent.
struct WrongBytes: Error, CustomStringConvertible {
  let description: String

  init(expected: [UInt8], received: [UInt8]) {
    let place = zip(expected, received).enumerated().first { $1.0 != $1.1 }?.offset
    description =
      "\(received.count) bytes of \(expected.count), wrong from \(place.map(String.init) ?? "none")"
  }
}

/// What a throwing call throws; `nil` if it returns.
func failure<Result>(_ body: () async throws(SocketError) -> Result) async -> SocketError? {
  do throws(SocketError) {
    _ = try await body()
    return nil
  } catch {
    return error
  }
}
