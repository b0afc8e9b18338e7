// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Files that handlers' programs send.
@Suite("Files of handlers", .timeLimit(.minutes(3)))
struct HandlerFileTests {
  typealias Way = SendFileTests.Way

  /// A stream with a handler that notes what was sent, and its peer.
  final class Sender: Sendable {
    let stream: SocketStream
    let peer: StreamConnection
    private let notes: Notes

    /// What the handler was told.
    final class Notes: Sendable {
      private let completions = Mutex<[SendCompletion]>([])
      let closed = Event()

      var all: [SendCompletion] { completions.withLock { $0 } }

      func add(_ completion: SendCompletion) { completions.withLock { $0.append(completion) } }
    }

    // What `sent` does follows a file of context 1.
    init(
      on group: CompletionLoopGroup, _ way: Way = .pipe,
      options: SocketOptions = SocketOptions(),
      sent: @escaping @Sendable (SocketStream) -> Void = { _ in }
    ) async throws {
      let notes = Notes()
      let listener = try StreamListener.bind(
        to: .loopback(port: 0), on: group.loops[0], options: options)
      let accepted = Mutex<SocketStream?>(nil)
      let isThere = Event()
      let handler = StreamHandler(
        received: { _, _ in }, ended: { _, _ in },
        sent: { stream, completion in
          notes.add(completion)
          if completion.context == 1 { sent(stream) }
        }, closed: { _ in notes.closed.happen() })
      try listener.handle(accepted: { stream in
        if let policy = way.policy { stream.policy = policy }
        stream.start(handler)
        accepted.withLock { $0 = stream }
        isThere.happen()
      })
      peer = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0], options: options)
      await isThere.wait()
      stream = try #require(accepted.withLock { $0 })
      self.notes = notes
      listener.abort()
    }

    /// Waits until the handler was told of so many sends.
    func completions(_ count: Int) async -> [SendCompletion] {
      let notes = notes
      await stream.loop.until { notes.all.count >= count }
      return notes.all
    }

    /// Ends both sides, and returns all that the handler was told.
    func close() async -> [SendCompletion] {
      stream.abort()
      await notes.closed.wait()
      peer.abort()
      await peer.close()
      // Nothing is left of the files.
      let (stream, loop) = (stream, stream.loop)
      #expect(await loop.ask { stream.extras?.specialSends.isEmpty ?? true })
      return notes.all
    }
  }

  @Test(
    "Files go out in order with what is queued, whole, and each end is told",
    arguments: Way.allCases, [false, true])
  func order(way: Way, onLoop: Bool) async throws {
    let file = try TestFile(numbered(400_000))
    try await withLoops { group in
      let sender = try await Sender(on: group, way)
      let stream = sender.stream
      let send: @Sendable () -> Void = {
        stream.enqueue(copying: numbered(1000))
        stream.enqueueFile(file.descriptor, offset: 1000, byteCount: 199_000, context: 2)
        stream.enqueue(copying: numbered(10_000, from: 200_000))
        stream.enqueueFile(file.descriptor, offset: 210_000, byteCount: 500, context: 3)
        stream.enqueueFile(file.descriptor, byteCount: 0, context: 4)
        stream.enqueue(copying: numbered(5, from: 210_500), context: 5)
        stream.close()
      }
      if onLoop { await stream.loop.ask(send) } else { send() }
      let received = try await sender.peer.receiveAll()
      #expect(firstDifference(received, numbered(210_505)) == nil)
      #expect(file.position == 0)
      let told = await sender.close()
      #expect(told.map(\.context) == [2, 3, 4, 5])
      #expect(told.map(\.byteCount) == [199_000, 500, 0, 5])
      #expect(told.allSatisfy { $0.error == nil })
    }
  }

  @Test("A file behind each other's end", arguments: Way.allCases)
  func chain(way: Way) async throws {
    let file = try TestFile(numbered(300_000))
    try await withLoops { group in
      let sender = try await Sender(on: group, way) { stream in
        stream.enqueueFile(file.descriptor, offset: 200_000, byteCount: 100_000, context: 2)
      }
      sender.stream.enqueueFile(file.descriptor, byteCount: 200_000, context: 1)
      let received = try await sender.peer.receive(atMost: 300_000)
      #expect(firstDifference(received, numbered(300_000)) == nil)
      let told = await sender.completions(2)
      #expect(told.map(\.byteCount) == [200_000, 100_000])
      #expect(await sender.close().count == 2)
    }
  }

  @Test("What is no file with such bytes leaves the stream as it was", arguments: Way.allCases)
  func unfit(way: Way) async throws {
    let file = try TestFile(numbered(200_000))
    let pipe = try FileDescriptor.pipe()
    let folder = unsafe try FileDescriptor.open("/", .readOnly)
    defer { for end in [pipe.readEnd, pipe.writeEnd, folder] { try? end.close() } }
    try await withLoops { group in
      let sender = try await Sender(on: group, way)
      let cases: [(FileDescriptor, Int, Int, [Errno], Int)] = [
        (FileDescriptor(rawValue: .max), 0, 9, [.badFileDescriptor], 0),
        (pipe.readEnd, 0, 100_000, [.illegalSeek], 0), (folder, 0, 100_000, [.isDirectory], 0),
        (file.descriptor, -1, 9, [.invalidArgument], 0),
        (file.descriptor, 0, -1, [.invalidArgument], 0),
        (file.descriptor, 100_000, 150_000, [.noData], 100_000),
        (file.descriptor, 1 << 40, 9, [.noData], 0),
      ]
      for (number, (descriptor, offset, byteCount, errnos, sentCount)) in cases.enumerated() {
        sender.stream.enqueueFile(
          descriptor, offset: offset, byteCount: byteCount, context: UInt(10 + number))
        let received = try await sender.peer.receive(atMost: sentCount)
        #expect(firstDifference(received, numbered(sentCount, from: offset)) == nil)
        let told = await sender.completions(number + 1)[number]
        #expect(told.context == UInt(10 + number) && told.byteCount == sentCount)
        #expect(told.error?.cause == .file && told.error?.byteCount == sentCount)
        #expect(told.error.map { errnos.contains($0.errno) } == true, "\(told)")
      }
      sender.stream.enqueue(copying: [7])
      #expect(try await sender.peer.receive(atMost: 1) == [7])
      #expect(await sender.close().count == cases.count)
    }
  }

  @Test("A time that has passed tells how many bytes went out", arguments: Way.allCases)
  func timeout(way: Way) async throws {
    let message = numbered(6 << 20)
    let file = try TestFile(message)
    try await withLoops { group in
      let sender = try await Sender(on: group, way, options: .snug)
      sender.stream.enqueueFile(
        file.descriptor, byteCount: message.count, timeout: .milliseconds(30), context: 2)
      let told = await sender.completions(1)[0]
      #expect(told.error?.cause == .timeout && told.error?.errno == .timedOut)
      #expect(told.byteCount < message.count)
      sender.stream.enqueueFile(
        file.descriptor, offset: told.byteCount, byteCount: message.count - told.byteCount,
        timeout: .seconds(3600), context: 3)
      let received = try await sender.peer.receive(atMost: message.count)
      #expect(firstDifference(received, message) == nil)
      #expect(await sender.completions(2)[1].error == nil)
      _ = await sender.close()
      #expect(await group.loops[0].ask { group.loops[0].core.timers.count } == 0)
    }
  }

  enum Ending: CaseIterable {
    case reset, abort, abortInside, stop
  }

  @Test("A connection that ends tells each file once", arguments: Way.allCases, Ending.allCases)
  func ends(way: Way, ending: Ending) async throws {
    let file = try TestFile(numbered(4 << 20))
    try await leavingNoDescriptors {
      try await withLoops { group in
        let sender = try await Sender(on: group, way, options: .snug) { $0.abort() }
        let stream = sender.stream
        let firstCount = ending == .abortInside ? 100_000 : 4 << 20
        // At once, before the first can have ended.
        await stream.loop.ask {
          stream.enqueueFile(file.descriptor, byteCount: firstCount, context: 1)
          stream.enqueueFile(file.descriptor, byteCount: 4 << 20, context: 2)
        }
        _ = try await sender.peer.receive(atMost: 100_000)
        switch ending {
        case .reset: sender.peer.reset()
        case .abort: stream.abort()
        case .abortInside: break
        case .stop: await group.close()
        }
        // What the kernel has not begun may end first.
        let told = await sender.close().sorted { $0.context < $1.context }
        try #require(told.map(\.context) == [1, 2])
        #expect(told[1].error != nil && told[1].byteCount == 0)
        #expect((told[0].error == nil) == (ending == .abortInside))
        #expect(told[0].byteCount >= 100_000)
      }
    }
  }

  @Test("A stream that is closed takes no file")
  func closed() async throws {
    let file = try TestFile(numbered(100))
    try await withLoops { group in
      let sender = try await Sender(on: group)
      await sender.stream.loop.ask { [stream = sender.stream] in
        stream.finishSending()
        stream.enqueueFile(file.descriptor, byteCount: 100, context: 2)
        stream.abort()
        stream.enqueueFile(file.descriptor, byteCount: 100, context: 3)
      }
      let told = await sender.close()
      #expect(told.map(\.error?.cause) == [.finished, .closed])
    }
  }
}
