// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// The server with an object for each connection, which is told what happens: no task, less memory.
struct HandlerServing: Sendable {
  let service: Service
  let limits: ServerLimits

  /// Serves the connections of a listener from now on.
  func serve(_ listener: StreamListener) throws(SocketError) {
    let limits = ServeLimits(idleTime: limits.idleTime, sendTime: limits.sendTime)
    try listener.handle(limits: limits) { _ in
      HandlerConnection(service, self.limits)
    }
  }
}

/// A connection of ``HandlerServing``; used on its loop's thread only.
final class HandlerConnection: SocketDelegate, @unchecked Sendable {
  private let service: Service
  private let limits: ServerLimits
  private var parser: RequestParser
  private var headTimer: ScheduledWork?
  /// The rest of an answer; requests wait until it is out.
  private var file: OpenFile?
  /// Whether the last answer is out or on its way.
  private var isEnding = false
  private var hasPeerEnded = false

  init(_ service: Service, _ limits: ServerLimits) {
    self.service = service
    self.limits = limits
    parser = RequestParser(limits.parser)
  }

  override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
    guard !isEnding else { return }
    parser.append(lease.bytes)
    answerRequests(on: stream)
  }

  /// Goes on behind a file, the only send that has a context.
  override func sent(_ completion: SendCompletion, on stream: SocketStream) {
    file = nil
    guard completion.error == nil else {
      // The head has promised more bytes than have gone out.
      isEnding = true
      return stream.reset()
    }
    if isEnding { return stream.close(lingering: LingerLimit()) }
    stream.resumeReceiving()
    answerRequests(on: stream)
    closeIfDone(stream)
  }

  override func draining(_ stream: SocketStream) {
    if file == nil, parser.isIdle { stream.close() }
  }

  override func ended(_ error: SocketError?, on stream: SocketStream) {
    guard error == nil else { return stream.close() }
    // A peer that has asked everything may go on to receive.
    hasPeerEnded = true
    closeIfDone(stream)
  }

  override func closed(_ stream: SocketStream) {
    headTimer?.cancel()
  }

  /// Answers what has come completely, up to an answer that takes longer.
  private func answerRequests(on stream: SocketStream) {
    do throws(RequestError) {
      while file == nil, !isEnding {
        switch try parser.next() {
        case .request(let request): send(service.answer(to: request), on: stream)
        case .awaitsContinue: stream.enqueue(copying: Answer.goOn)
        case nil: return watchHead(on: stream)
        }
      }
    } catch {
      refuse(error, on: stream)
    }
  }

  private func send(_ answer: Answer, on stream: SocketStream) {
    headTimer?.cancel()
    headTimer = nil
    stream.enqueue(copying: answer.bytes)
    isEnding = answer.isLast
    if let open = answer.file, open.byteCount > 0 {
      file = open
      stream.pauseReceiving()
      stream.enqueueFile(open.descriptor, byteCount: open.byteCount, context: 0)
    } else if isEnding {
      stream.close(lingering: LingerLimit())
    }
  }

  private func refuse(_ error: RequestError, on stream: SocketStream) {
    send(service.answer(to: error), on: stream)
  }

  private func closeIfDone(_ stream: SocketStream) {
    if hasPeerEnded, file == nil { stream.close() }
  }

  /// Limits how long the head that has begun may take.
  private func watchHead(on stream: SocketStream) {
    guard parser.isInHead, !parser.isIdle else {
      headTimer?.cancel()
      headTimer = nil
      return
    }
    guard headTimer == nil else { return }
    headTimer = stream.loop.schedule(after: limits.headTime) { [weak self, weak stream] in
      guard let self, let stream, !isEnding else { return }
      refuse(RequestError(.requestTimeout, "the head of the request came too slowly"), on: stream)
    }
  }
}
