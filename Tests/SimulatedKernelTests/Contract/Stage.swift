// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import SystemPackage
import TestSupport
import Testing
import Uring

/// A kernel, its sockets and its buffers, for a script of raw requests; and what it has answered.
final class Stage {
  var kernel: any Kernel & ~Copyable
  let calls: any SocketCalls
  let pool: BufferPool
  /// Lets everything arrive that is on its way; on the real loopback interface it has.
  let settle: () -> Void
  /// What has been answered, one line an answer.
  private(set) var answers: [String] = []
  private var names: [Token: String] = [:]
  /// Requests that have not completed for the last time.
  private(set) var open: Set<Token> = []
  private var submissionCount: UInt32 = 0
  private var lent: [Memory] = []

  init(
    _ kernel: consuming any Kernel & ~Copyable, _ calls: any SocketCalls, _ pool: BufferPool,
    settle: @escaping () -> Void = {}
  ) {
    self.settle = settle
    self.kernel = kernel
    self.calls = calls
    self.pool = pool
  }

  /// On a simulated kernel.
  convenience init(_ ring: SimulatedRing, on machine: SimulatedMachine) throws {
    self.init(ring, machine, try BufferPool(capacity: 2, bufferSize: 16))
  }

  // MARK: Requests

  /// Submits a request whose answers are logged under a name.
  @discardableResult
  func submit(_ name: String, _ request: Request) -> Token {
    submissionCount += 1
    let token = Token(slot: 1, generation: submissionCount, operation: request.operation)
    names[token] = name
    open.insert(token)
    precondition(kernel.prepare(request, token: token), "the submission queue is full")
    return token
  }

  /// Submits a request and the timeout that ends it.
  @discardableResult
  func submit(
    _ name: String, _ request: Request, endedAfter timeout: Duration
  ) -> (request: Token, timeout: Token) {
    submissionCount += 1
    let token = Token(slot: 1, generation: submissionCount, operation: request.operation)
    let timeoutToken = Token(slot: 2, generation: submissionCount, operation: .linkTimeout)
    names[token] = name
    names[timeoutToken] = "timeout of \(name)"
    open.formUnion([token, timeoutToken])
    let isPrepared = kernel.prepare(
      request, token: token, timeout: timeout, timeoutToken: timeoutToken)
    precondition(isPrepared, "the submission queue is full")
    return (token, timeoutToken)
  }

  /// Submits a request, and logs its answer.
  @discardableResult
  func perform(_ name: String, _ request: Request) throws -> Int32 {
    submit(name, request)
    return try complete()
  }

  /// Submits, and logs the next so many completions.
  ///
  /// - Returns: The result of the last one.
  @discardableResult
  func complete(_ count: Int = 1) throws -> Int32 {
    var result: Int32 = 0
    for _ in 0..<count { result = log(try next()) }
    return result
  }

  /// Submits, logs the next completion, and returns it.
  func completeSeen() throws -> Completion {
    let completion = try next()
    log(completion)
    return completion
  }

  /// Submits, and logs the next so many completions, which come in any order.
  func completeSorted(_ count: Int, _ body: (Completion) -> Void = { _ in }) throws {
    let start = answers.count
    for _ in 0..<count {
      let completion = try next()
      log(completion)
      body(completion)
    }
    answers[start...].sort()
  }

  /// Submits, and logs the next so many completions, in their order where it is known.
  func completeInOrder(_ count: Int) throws {
    if Contract.hasKnownOrder { try complete(count) } else { try completeSorted(count) }
  }

  /// Submits, and returns the next completion without logging it, because it depends on sizes.
  func completeUnseen() throws -> Completion {
    try next()
  }

  /// Submits, and logs what completes without a wait.
  func completeAtOnce() throws {
    _ = try kernel.enter(minimumCompletionCount: 0, timeout: nil, minimumWait: nil)
    while let completion = reap() { log(completion) }
  }

  private func next() throws -> Completion {
    for _ in 0..<10 {
      if let completion = reap() { return completion }
      try wait()
    }
    throw Errno.timedOut
  }

  /// The end of another ring of this thread may interrupt a wait that is none of its own.
  private func wait() throws {
    do throws(Errno) {
      _ = try kernel.enter(
        minimumCompletionCount: 1, timeout: .seconds(10), minimumWait: nil)
    } catch {
      if error != .interrupted { throw error }
    }
  }

  private func reap() -> Completion? {
    var completion = Completion(token: Token(rawValue: 0), result: 0)
    repeat {
      let count = unsafe withUnsafeMutablePointer(to: &completion) { pointer in
        unsafe kernel.reap(into: UnsafeMutableBufferPointer(start: pointer, count: 1))
      }
      if count == 0 { return nil }
    } while completion.token.providedBuffers != nil  // Of a kernel without rings of buffers.
    return completion
  }

  @discardableResult
  private func log(_ completion: Completion) -> Int32 {
    let name = names[completion.token] ?? "stranger"
    if !completion.hasMore, open.remove(completion.token) == nil {
      Issue.record("\(name) completes once more")
    }
    answers.append("\(name): \(completion.contractText)")
    return completion.result
  }

  /// Logs something that is no completion.
  func note(_ text: String) { answers.append(text) }

  /// Memory that stays in place as long as the stage.
  func lend(_ bytes: [UInt8]) -> Memory {
    let memory = Memory(bytes)
    lent.append(memory)
    return memory
  }

  /// A request to send so many bytes.
  func sending(
    _ byteCount: Int, to socket: FileDescriptor, options: Request.Options = []
  ) -> Request {
    unsafe .send(
      lend(numbered(byteCount)).start, byteCount: byteCount, to: .file(socket), options: options)
  }

  /// A request to receive at most so many bytes.
  func receiving(
    _ byteCount: Int, from socket: FileDescriptor, options: Request.Options = []
  ) -> Request {
    unsafe .receive(
      .file(socket), into: lend(numbered(byteCount)).start, byteCount: byteCount,
      options: options)
  }
}

extension Completion {
  /// The result and the flags, without what depends on sizes and numbers.
  fileprivate var contractText: String {
    var text =
      switch token.operation {
      case .accept where result >= 0: "a descriptor"
      default: error.map { "error \($0.rawValue)" } ?? "\(result)"
      }
    if hasMore { text += " more" }
    if flags.contains(.buffer) { text += " buffer" }
    if flags.contains(.bufferMore) { text += ", kept" }
    if flags.contains(.notification) { text += " notification" }
    return text
  }
}
