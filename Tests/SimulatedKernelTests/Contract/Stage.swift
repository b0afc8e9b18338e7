// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage
import Testing
import Uring

/// A kernel, its sockets and its buffers, for a script of raw requests; and what it has answered.
final class Stage<K: Kernel & ~Copyable> {
  var kernel: K
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
  private var lent: [LentMemory] = []

  init(
    _ kernel: consuming K, _ calls: any SocketCalls, _ pool: BufferPool,
    settle: @escaping () -> Void = {}
  ) {
    self.settle = settle
    self.kernel = kernel
    self.calls = calls
    self.pool = pool
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
  func lend(byteCount: Int) -> LentMemory {
    let memory = LentMemory(byteCount: byteCount)
    lent.append(memory)
    return memory
  }

  // MARK: Sockets

  func close(_ sockets: FileDescriptor...) {
    for socket in sockets { calls.close(socket) }
  }

  func socket() throws -> FileDescriptor {
    try calls.makeSocket(family: SocketAddress.loopback(port: 0).family)
  }

  func listener(backlog: Int32 = 16) throws -> (FileDescriptor, SocketAddress) {
    let listener = try socket()
    try calls.bind(listener, to: .loopback(port: 0))
    try calls.listen(listener, backlog: backlog)
    return (listener, try calls.localAddress(of: listener))
  }

  /// A listener without room for another connection, and the one that took its only place.
  func fullListener() throws -> (FileDescriptor, FileDescriptor, SocketAddress) {
    let (listener, address) = try listener(backlog: 0)
    let first = try socket()
    try connect("first", first, to: address)
    try complete()
    return (listener, first, address)
  }

  /// Submits a connect, whose address is read before this returns.
  func connect(_ name: String, _ socket: FileDescriptor, to address: SocketAddress) throws {
    try unsafe address.withSockaddr { pointer, byteCount in
      submit(name, unsafe .connect(.file(socket), to: pointer, byteCount: byteCount))
      _ = try kernel.enter(minimumCompletionCount: 0, timeout: nil, minimumWait: nil)
    }
  }

  /// Two connected sockets: the one that connected, and the one that was accepted.
  func pair() throws -> (client: FileDescriptor, server: FileDescriptor) {
    let (listener, address) = try listener()
    let client = try socket()
    try connect("connect", client, to: address)
    try complete()
    submit("accept", .accept(from: .file(listener)))
    let server = try complete()
    calls.close(listener)
    return (client, FileDescriptor(rawValue: server))
  }

  /// Waits until bytes or an end have arrived.
  func waitUntilReadable(_ socket: FileDescriptor) throws {
    submit("readable", .poll(.file(socket), mask: 1))
    try complete()
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
    if flags.contains(.notification) { text += " notification" }
    return text
  }
}
