// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Operations submitted by hand: what frameworks build on.
@Suite("Raw operations", .timeLimit(.minutes(3)))
struct RawOperationTests {
  /// What a handler heard.
  private final class Log: Sendable {
    let outcomes = Mutex<[Outcome]>([])
    let chunks = Mutex<[[UInt8]]>([])
    var results: [Int32] { outcomes.withLock { $0.map(\.result) } }
    var isOver: Bool { outcomes.withLock { $0.contains { !$0.hasMore } } }

    func handler() -> OperationHandler {
      OperationHandler { [self] outcome, lease in
        var bytes: [UInt8] = []
        if let lease { unsafe lease.bytes.withUnsafeBytes { unsafe bytes += $0 } }
        chunks.withLock { $0.append(bytes) }
        outcomes.withLock { $0.append(outcome) }
      }
    }
  }

  /// Submits on the loop's thread.
  private func submit(
    _ request: Request, to loop: CompletionLoop, policy: ResubmissionPolicy? = nil,
    timeout: Duration? = nil
  ) async throws -> (log: Log, token: Token) {
    let log = Log()
    let token = await loop.ask { () -> Result<Token, LoopError> in
      do throws(LoopError) {
        return .success(
          unsafe try loop.submit(
            request, policy: policy, timeout: timeout, handler: log.handler()))
      } catch {
        return .failure(error)
      }
    }
    return (log, try token.get())
  }

  private static let hasMultishot: Bool = {
    kernelFeatures.contains(.acceptMultishot) && kernelFeatures.contains(.receiveMultishot)
  }()

  @Test(
    "Multishot accept and receive, send, poll, by hand",
    .enabled(if: hasMultishot, "the kernel has no multishot accepts or receives"))
  func conversation() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try PlainSocket.listening()
      let (accepts, acceptToken) = try await submit(
        .acceptMultishot(from: listener.target), to: loop)
      let client = try PlainSocket.connected(to: listener.localAddress)
      await loop.until { accepts.results.count == 1 }
      let second = HeldSocket(try .connected(to: listener.localAddress))
      await loop.until { accepts.results.count == 2 }
      withExtendedLifetime(second) {}
      #expect(!accepts.isOver)
      let server = Descriptor.file(FileDescriptor(rawValue: accepts.results[0]))
      let (receives, receiveToken) = try await submit(
        .receiveMultishot(server, bufferGroup: loop.pool.group), to: loop)
      client.send([5])
      await loop.until { receives.results.count == 1 }
      client.send([6])
      await loop.until { receives.results.count == 2 }
      #expect(receives.chunks.withLock { $0 } == [[5], [6]])
      await loop.ask { loop.cancel(receiveToken) }
      await loop.until { receives.isOver }
      #expect(receives.results.last == -Errno.canceled.rawValue)
      let byte = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
      unsafe byte.initialize(to: 77)
      let (sends, _) = try await submit(unsafe .send(byte, byteCount: 1, to: server), to: loop)
      await loop.until { sends.isOver }
      #expect(sends.results == [1])
      #expect(try client.receive(exactly: 1) == [77])
      let (polls, _) = try await submit(.poll(server, mask: UInt32(POLLIN)), to: loop)
      let (direct, _) = try await submit(
        unsafe .receive(server, into: byte, byteCount: 1), to: loop)
      // A turn later the receive waits. One that finds the byte takes it from the poll.
      await loop.ask {}
      client.send([88])
      await loop.until { polls.isOver && direct.isOver }
      #expect(polls.results.allSatisfy { $0 & Int32(POLLIN) != 0 })
      #expect(direct.results == [1])
      #expect(unsafe byte.pointee == 88)
      unsafe byte.deallocate()
      await loop.ask { loop.cancel(acceptToken) }
      await loop.until { accepts.isOver }
      for result in accepts.results.prefix(2) {
        let (closing, _) = try await submit(
          .close(.file(FileDescriptor(rawValue: result))), to: loop)
        await loop.until { closing.isOver }
        #expect(closing.results == [0])
      }
      await loop.until { loop.operationCount == 1 }
    }
  }

  @Test("Connect, with a policy of its own, and a deadline on a receive")
  func connectAndDeadline() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try PlainSocket.listening()
      let client = try PlainSocket()
      let descriptor = client.target
      let memory = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 8)
      let byteCount = unsafe try listener.localAddress.withSockaddr { pointer, count in
        unsafe memory.copyMemory(from: pointer, byteCount: count)
        return count
      }
      let (connects, _) = try await submit(
        unsafe .connect(descriptor, to: memory, byteCount: byteCount), to: loop)
      await loop.until { connects.isOver }
      #expect(connects.results == [0])
      let (receives, _) = try await submit(
        unsafe .receive(descriptor, into: memory, byteCount: 8), to: loop,
        timeout: .milliseconds(2))
      await loop.until { receives.isOver }
      let outcome = try #require(receives.outcomes.withLock { $0.first })
      #expect(outcome.isTimedOut)
      #expect(outcome.error == .timedOut)
      let (empty, _) = try await submit(
        unsafe .receive(descriptor, into: memory, byteCount: 8), to: loop, policy: .nonblocking)
      await loop.until { empty.isOver }
      #expect(empty.results == [-Errno.resourceTemporarilyUnavailable.rawValue])
      unsafe memory.deallocate()
      #expect(await loop.ask { loop.statistics.deadlines } == 1)
    }
  }

  @Test("Timers end in order, are cancelled when asked, and with the loop")
  func timers() async throws {
    let late = Tally()
    try await withLoops { group in
      let loop = group.loops[0]
      let order = Mutex<[Int]>([])
      await loop.ask {
        for (index, delay) in [8, 2, 5].enumerated() {
          LoopTimer(on: loop) { order.withLock { $0.append(index) } }.start(.milliseconds(delay))
        }
      }
      await loop.until { order.withLock { $0.count } == 3 }
      #expect(order.withLock { $0 } == [1, 2, 0])
      let early = LoopTimer(on: loop) { late.add() }
      // In one piece on the loop's thread, however slow the machine is.
      await loop.ask {
        early.start(.milliseconds(1))
        early.cancel()
        early.cancel()
      }
      let again = LoopTimer(on: loop) { order.withLock { $0.append(9) } }
      again.start(.seconds(3600))
      again.start(.milliseconds(3))
      await loop.until { order.withLock { $0.last } == 9 }
      #expect(await loop.ask { loop.core.waits.count } == 0)
      LoopTimer(on: loop) { late.add() }.start(.seconds(3600))
    }
    #expect(late.value == 0)
  }

  @Test("Functions from many threads, and refusals of a loop that is full or stopping")
  func performAndRefusals() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let loop = group.loops[0]
    let sum = Tally()
    let onLoop = Tally()
    await withTaskGroup { tasks in
      for _ in 0..<16 {
        tasks.addTask {
          for _ in 0..<200 {
            loop.perform {
              sum.add()
              if loop.isCurrent { onLoop.add() }
            }
          }
        }
      }
    }
    await loop.until { sum.value == 3200 }
    #expect(onLoop.value == 3200)
    let before = await loop.ask { loop.statistics }
    let (nops, _) = try await submit(.nop, to: loop)
    await loop.until { nops.isOver }
    let after = await loop.ask { loop.statistics }
    #expect(after.submissions > before.submissions)
    #expect(after.completions > before.completions)
    #expect(after.count(of: .surface) > before.count(of: .surface))
    await group.close()
    loop.perform { sum.add() }
    #expect(sum.value == 3201)
    try await withLoops(1, { $0.flightLimit = 2 }) { small in
      let listener = try PlainSocket.listening()
      _ = try await submit(.poll(listener.target, mask: 1), to: small.loops[0])
      let error = await #expect(throws: LoopError.self) {
        try await submit(.poll(listener.target, mask: 1), to: small.loops[0])
      }
      #expect(error?.reason == .tableFull)
    }
  }
}
