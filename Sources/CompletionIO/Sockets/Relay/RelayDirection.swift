// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// One direction of a relay: carries bytes from one connection to another until they end.
final class RelayDirection: Sendable {
  private let source: StreamConnection
  private let target: StreamConnection
  /// Where each of the connections is in the relay.
  private let sides: (source: RelayError.Side, target: RelayError.Side)
  private let progress: RelayProgress
  /// How often a send out of a pipe has to tell how far it has come; `nil` for not before its end.
  private let reportInterval: Duration?

  init(
    from source: StreamConnection, _ side: RelayError.Side, to target: StreamConnection,
    _ progress: RelayProgress, reportInterval: Duration?
  ) {
    self.source = source
    self.target = target
    sides = side == .first ? (.first, .second) : (.second, .first)
    self.progress = progress
    self.reportInterval = reportInterval
  }

  typealias Loss = (side: RelayError.Side, error: SocketError)

  /// Carries the direction to its end.
  ///
  /// - Parameters:
  ///   - way: How it begins.
  ///   - unread: Bytes that were received before.
  /// - Returns: The failure, if there was one, and on which side.
  func carry(_ way: RelayWay, behind unread: LeaseBox? = nil) async -> Loss? {
    if let lease = unread?.take(), case .failed(let loss) = await queue(lease) { return loss }
    let passage = PipePassage(from: source.stream, to: target.stream)
    var way = passage == nil ? RelayWay.memory : way
    while true {
      let step: Step
      if way.isThroughPipe, let passage {
        step = await passOn(through: passage, &way)
        if !way.isThroughPipe { await source.stopPassing(through: passage) }
      } else {
        step = await passOn(&way)
      }
      switch step {
      case .moved: continue
      case .failed(let failure):
        if let passage { await source.stopPassing(through: passage) }
        return failure
      case .ended:
        if let passage { await source.stopPassing(through: passage) }
        do throws(SocketError) {
          try await target.finishSending()
          return nil
        } catch {
          return (sides.target, error)
        }
      }
    }
  }

  /// What one step of a direction came to.
  private enum Step {
    case moved
    case ended
    case failed(Loss)
  }

  /// Takes one buffer of bytes and queues it.
  private func passOn(_ way: inout RelayWay) async -> Step {
    do throws(SocketError) {
      guard let chunk = try await source.receive() else { return .ended }
      let isFull = chunk.byteCount >= source.loop.configuration.bufferSize
      way = way.next(after: .received(byteCount: chunk.byteCount, isFull: isFull))
      return await queue(chunk)
    } catch {
      return .failed((sides.source, error))
    }
  }

  private func queue(_ chunk: consuming BufferLease) async -> Step {
    let byteCount = chunk.byteCount
    do throws(SocketError) {
      try await target.enqueue(chunk)
    } catch {
      return .failed((sides.target, error))
    }
    progress.add(byteCount, from: sides.source)
    return .moved
  }

  /// Takes one pipe of bytes and sends it, behind what buffers have brought before.
  private func passOn(through passage: PipePassage, _ way: inout RelayWay) async -> Step {
    do throws(SocketError) {
      switch try await source.receive(through: passage) {
      case .bytes(let chunk):
        return await queue(chunk)
      case .piped(let byteCount):
        way = way.next(after: .spliced(byteCount: byteCount))
        return await send(from: passage, &way)
      case .nothing:
        way = way.next(after: passage.attempt == .refused ? .refused : .short)
        return .moved
      case .endOfStream:
        return .ended
      case .wait:
        preconditionFailure("a wait was awaited")
      }
    } catch {
      return .failed((sides.source, error))
    }
  }

  private func send(from passage: PipePassage, _ way: inout RelayWay) async -> Step {
    while let pipe = passage.pipe, pipe.byteCount > 0 {
      let before = pipe.byteCount
      do throws(SocketError) {
        try await target.send(from: passage, timeout: reportInterval)
        progress.add(before, from: sides.source)
      } catch {
        // Bytes that a slow peer has taken count as moved, though the rest still waits.
        progress.add(before - pipe.byteCount, from: sides.source)
        if passage.attempt == .refused {
          way = way.next(after: .refused)
          return await queue(passage.takeRest())
        }
        guard error.cause == .timeout, reportInterval != nil, !target.loop.isPastTaskDeadline
        else { return .failed((sides.target, error)) }
      }
    }
    return .moved
  }
}
