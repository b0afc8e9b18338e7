// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Connects to a Unix-domain listener whose backlog is full.
@Suite("Connects to a full Unix-domain backlog", .timeLimit(.minutes(3)))
struct UnixConnectTests {
  @Test("300 connects that wait take no thread of the kernel, and all connect in the end")
  func noThreads() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try FullListener()
      let attempts = (0..<300).compactMap { _ in try? RawConnect(to: listener.address) }
      try #require(attempts.count == 300)
      for attempt in attempts { await attempt.start(on: loop, policy: .completion) }
      // Either the loop pauses for each, or the kernel's threads wait.
      await loop.until {
        loop.statistics.count(of: .backOff) >= 300 || workerCount() >= 100
      }
      #expect(await loop.ask { workerCount() } == 0)
      #expect(attempts.allSatisfy { !$0.isOver })
      try listener.acceptAll(300)
      await loop.until { attempts.allSatisfy(\.isOver) }
      #expect(attempts.allSatisfy { $0.results == [0] })
    }
  }

  @Test("A connect waits until it connects, however the socket was made", arguments: [false, true])
  func waits(isNonblocking: Bool) async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      for policy in [
        ResubmissionPolicy.completion,
        .backoff(initial: .milliseconds(1), limit: .milliseconds(4)),
      ] {
        let listener = try FullListener()
        let attempt = try RawConnect(to: listener.address, isNonblocking: isNonblocking)
        let before = await loop.ask { loop.statistics.count(of: .backOff) }
        await attempt.start(on: loop, policy: policy)
        await loop.until {
          attempt.isOver || loop.statistics.count(of: .backOff) >= before + 3
        }
        #expect(!attempt.isOver, "\(policy): \(attempt.results)")
        try listener.acceptAll(1)
        await loop.until { attempt.isOver }
        #expect(attempt.results == [0], "\(policy)")
      }
    }
  }

  @Test("A policy that decides itself is heard", arguments: [false, true])
  func decides(isNonblocking: Bool) async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try FullListener()
      for (policy, attemptCount) in [(ResubmissionPolicy.nonblocking, 1), (.retry(limit: 3), 4)] {
        let attempt = try RawConnect(to: listener.address, isNonblocking: isNonblocking)
        await attempt.start(on: loop, policy: policy)
        await loop.until { attempt.isOver }
        #expect(attempt.results == [-Errno.resourceTemporarilyUnavailable.rawValue], "\(policy)")
        #expect(attempt.outcomes.first?.attempts == attemptCount, "\(policy)")
      }
    }
  }

  @Test("A deadline and a cancel end the wait", arguments: [false, true])
  func ends(isNonblocking: Bool) async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try FullListener()
      let late = try RawConnect(to: listener.address, isNonblocking: isNonblocking)
      await late.start(on: loop, policy: .completion, timeout: .milliseconds(20))
      await loop.until { late.isOver }
      #expect(late.outcomes.first?.error == .timedOut)
      let cancelled = try RawConnect(to: listener.address, isNonblocking: isNonblocking)
      let token = await cancelled.start(on: loop, policy: .completion)
      await loop.ask { if let token { loop.cancel(token) } }
      await loop.until { cancelled.isOver }
      #expect(cancelled.results == [-Errno.canceled.rawValue])
    }
  }
}

/// Threads of the kernel that work for the calling thread's ring (iou-wrk and the thread's number,
/// io_wq_worker).
private func workerCount() -> Int {
  var path = [CChar](repeating: 0, count: 64)
  guard unsafe readlink("/proc/thread-self", &path, 63) > 0 else { return -1 }
  let thread = String(decoding: path.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
  let name = "iou-wrk-" + (thread.split(separator: "/").last ?? "")
  guard let tasks = unsafe opendir("/proc/self/task") else { return -1 }
  defer { unsafe closedir(tasks) }
  var count = 0
  while let entry = unsafe readdir(tasks) {
    let task = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    guard let file = unsafe fopen("/proc/self/task/\(task)/comm", "r") else { continue }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 32)
    guard unsafe fgets(&line, 32, file) != nil else { continue }
    let text = String(decoding: line.prefix { $0 != 10 }.map(UInt8.init), as: UTF8.self)
    if text == name { count += 1 }
  }
  return count
}

/// A listener with no room for one more connection.
private final class FullListener: Sendable {
  let address: SocketAddress
  private let listener: HeldSocket
  private let waiting: [HeldSocket]

  init() throws {
    let address = try SocketAddress(parsing: abstractName())
    let listener = try PlainSocket.bound(to: address)
    guard listen(listener.descriptor, 0) == 0 else { throw Errno(rawValue: errno) }
    // A backlog of 0 has room for one (unix_recvq_full).
    let first = try PlainSocket(AF_UNIX)
    try first.connect(to: address)
    self.address = address
    self.listener = HeldSocket(listener)
    waiting = [HeldSocket(first)]
  }

  /// Accepts the connection that fills the backlog, and more.
  func acceptAll(_ count: Int) throws {
    let listener = listener
    _ = try TestThread {
      for _ in 0...count { _ = try? listener.socket.accept() }
    }
  }
}

/// A connect submitted by hand.
@safe
private final class RawConnect: Sendable {
  private let socket: HeldSocket
  private let memory: UInt
  private let byteCount: Int
  private let heard = Mutex<[Outcome]>([])

  init(to address: SocketAddress, isNonblocking: Bool = false) throws {
    let socket = try PlainSocket(AF_UNIX)
    if isNonblocking {
      let flags = fcntl(socket.descriptor, F_GETFL)
      guard fcntl(socket.descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else {
        throw Errno(rawValue: errno)
      }
    }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 8)
    byteCount = unsafe address.withSockaddr { pointer, byteCount in
      unsafe memory.copyMemory(from: pointer, byteCount: byteCount)
      return byteCount
    }
    self.memory = UInt(bitPattern: memory)
    self.socket = HeldSocket(socket)
  }

  deinit {
    unsafe UnsafeMutableRawPointer(bitPattern: memory)?.deallocate()
  }

  var outcomes: [Outcome] { heard.withLock { $0 } }
  var results: [Int32] { outcomes.map(\.result) }
  var isOver: Bool { !outcomes.isEmpty }

  @discardableResult
  func start(
    on loop: CompletionLoop, policy: ResubmissionPolicy, timeout: Duration? = nil
  ) async -> Token? {
    await loop.ask { [self] in
      let handler = OperationHandler { [self] outcome, _ in heard.withLock { $0.append(outcome) } }
      guard let address = unsafe UnsafeRawPointer(bitPattern: memory) else { return nil }
      return unsafe try? loop.submit(
        .connect(socket.socket.target, to: address, byteCount: byteCount), policy: policy,
        timeout: timeout, handler: handler)
    }
  }
}
