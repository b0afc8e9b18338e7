// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// Many streams over sockets that do not exist, on a kernel that fails at random.
///
/// Everything follows from the seed.
final class SoakWorld: @unchecked Sendable {
  // Unchecked: one thread uses it; the handlers of streams have to be sendable.

  let seed: UInt64
  var numbers: SeededNumbers
  let fixture: LoopFixture
  var sockets: [SoakSocket] = []
  var recorded: [Recorded] = []
  /// How many answers in a hundred are faults; 0 to come to an end.
  var faultRate = 25
  private(set) var problem: String?
  private(set) var startedCount = 0
  private(set) var endedCount = 0
  private(set) var timerEndCount = 0
  private var timers: [LoopTimer] = []
  private var nextNumber: Int32 = 100
  private(set) lazy var handler = StreamHandler(
    received: { [unowned self] stream, lease in received(stream, lease) },
    ended: { [unowned self] stream, error in ended(stream, error) })

  var kernel: ScriptedKernel { fixture.kernel }
  var pool: BufferPool { fixture.loop.pool }

  init(seed: UInt64) throws {
    self.seed = seed
    numbers = SeededNumbers(seed: seed)
    fixture = try LoopFixture { configuration in
      configuration.bufferCount = 8
      configuration.unsentByteLimit = 150
      configuration.drainTimeLimit = .seconds(1_000_000)
    }
    kernel.keepsRecord = false
    kernel.observer = { [unowned self] _, submission in react(to: submission) }
    kernel.whenIdle = { [unowned self] kernel in
      for _ in 0..<50 where kernel.completions.isEmpty { pump() }
    }
  }

  func chance(_ percent: Int) -> Bool { numbers.next(below: 100) < percent }

  func fail(_ text: String) {
    if problem == nil { problem = text }
  }

  // MARK: The program

  func openSocket() {
    nextNumber += 1
    let socket = SoakSocket(number: nextNumber, byteCount: numbers.next(below: 3000))
    let stream = fixture.stream(nextNumber)
    socket.stream = stream
    sockets.append(socket)
    stream.start(handler)
  }

  /// One random deed of the program's.
  func act() {
    switch numbers.next(below: 10) {
    case 0, 8: if sockets.count < 30 { openSocket() }
    case 1: if let socket = sockets.randomElement(using: &numbers) { release(socket) }
    case 2 where chance(20):
      guard let socket = sockets.randomElement(using: &numbers) else { return }
      socket.isAborted = true
      socket.stream?.abort()
    case 3: startOther()
    case 4: if let other = recorded.randomElement(using: &numbers) { fixture.end(other) }
    case 5: kernel.submissionLimit = 1 + numbers.next(below: 8)
    case 6: postStale()
    case 7 where chance(30):
      kernel.enterErrors = [chance(90) ? .interrupted : .resourceBusy]
    default: break
    }
  }

  /// An operation besides the streams: sometimes with a deadline.
  private func startOther() {
    let timeout: Duration? = chance(50) ? .microseconds(numbers.next(below: 3000)) : nil
    if chance(25) { return startTimer(timeout ?? .seconds(1)) }
    let request: Request =
      switch 1 + numbers.next(below: 3) {
      case 1: .made(.send, on: 1, byteCount: 1 + numbers.next(below: 500))
      case 2: .acceptMany(on: 2)
      default: .made(.receive, on: 3, byteCount: 50)
      }
    guard let other = try? fixture.start(request, timeout: timeout) else { return }
    startedCount += 1
    recorded.append(other)
    var hasEnded = false
    other.then = { [unowned self, unowned other] outcome in
      if hasEnded { fail("\(outcome) comes after the end") }
      guard !outcome.hasMore else { return }
      hasEnded = true
      endedCount += 1
      recorded.removeAll { $0 === other }
    }
  }

  private func startTimer(_ duration: Duration) {
    let timer = LoopTimer(on: fixture.loop) { [unowned self] in timerEnded() }
    timers.append(timer)
    timer.start(duration)
    if timers.count > 20 { timers.removeFirst().cancel() }
  }

  private func timerEnded() { timerEndCount += 1 }

  private func received(_ stream: SocketStream, _ lease: consuming BufferLease) {
    guard let socket = sockets.first(where: { $0.stream === stream }) else { return }
    if !socket.held.isEmpty || chance(10) {
      socket.held.append(LeaseBox(lease))
    } else {
      stream.enqueue(lease)
    }
  }

  private func ended(_ stream: SocketStream, _ error: SocketError?) {
    guard let socket = sockets.first(where: { $0.stream === stream }) else { return }
    socket.hasEnded = true
    if let error, !socket.isAborted { fail("socket \(socket.number) ended with \(error)") }
    if socket.held.isEmpty { stream.close() }
  }

  /// Sends what was held back.
  func release(_ socket: SoakSocket) {
    let held = socket.held
    socket.held = []
    for box in held {
      if let lease = box.take() { socket.stream?.enqueue(lease) }
    }
    if socket.hasEnded { socket.stream?.close() }
  }
}
