import CompletionIO
import Synchronization
import Testing
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
  func receive(atMost byteCount: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < byteCount, let chunk = try await receive() {
      unsafe chunk.bytes.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// Receives to the end of the stream.
  func receiveAll() async throws -> [UInt8] {
    try await receive(atMost: .max)
  }

  /// Sends numbered bytes, message by message, and checks that they come back in order, while the
  /// next messages go out.
  func exchange(_ byteCount: Int, times: Int = 1, pipeline: Int = 1) async throws {
    var done = 0
    while done < times {
      let count = min(pipeline, times - done)
      let start = done * byteCount
      // The echo of a long message needs a reader before its last byte is out.
      async let sending: Void = sendEach(byteCount, count, from: start)
      let back = try await receive(atMost: count * byteCount)
      try await sending
      try #require(back == numbered(count * byteCount, from: start))
      done += count
    }
  }

  private func sendEach(_ byteCount: Int, _ count: Int, from start: Int) async throws {
    for index in 0..<count {
      try await send(numbered(byteCount, from: start + index * byteCount))
    }
  }
}

/// Happens once; tasks wait for it.
final class Event: Sendable {
  private struct State {
    var hasHappened = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  var hasHappened: Bool { state.withLock { $0.hasHappened } }

  func happen() {
    let waiters = state.withLock { state in
      state.hasHappened = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.hasHappened { state.waiters.append(continuation) }
        return state.hasHappened
      }
      if isOver { continuation.resume() }
    }
  }
}

/// A number that several tasks add to.
final class Tally: Sendable {
  private let number = Atomic<Int>(0)

  var value: Int { number.load(ordering: .sequentiallyConsistent) }

  @discardableResult
  func add(_ count: Int = 1) -> Int {
    number.add(count, ordering: .sequentiallyConsistent).newValue
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

extension TCPConnection {
  /// Receives into memory: at most so many bytes, fewer if fewer have come.
  func receive(_ limit: Int, timeout: Duration? = nil) async throws(SocketError) -> [UInt8] {
    var memory = [UInt8](repeating: 0, count: limit)
    let count: Int
    do {
      var span = memory.mutableSpan
      var bytes = unsafe span.mutableBytes
      count = try await receive(into: &bytes, timeout: timeout)
    }
    return Array(memory[..<count])
  }
}
