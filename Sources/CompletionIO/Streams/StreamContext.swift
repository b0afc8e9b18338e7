// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// The common property of one loop's streams: places in the direct table, room in the flight table.
final class StreamContext: OperationOwner {
  unowned let loop: CompletionLoop
  let places: DirectPlaces
  /// Finds quiet streams, where the program wants that.
  let sweep: QuietSweep?
  /// Pipes for files on their way out.
  var pipes = PipePool()
  /// Streams that have not closed.
  private var streamCount = 0
  /// Flights on their way beyond those that streams were promised.
  private var extraCount = 0
  /// Listeners that accept on the loop.
  var acceptorCount = 0

  init(_ loop: CompletionLoop) {
    self.loop = loop
    let configuration = loop.configuration
    places = DirectPlaces(
      capacity: configuration.directDescriptorCount, flightLimit: configuration.flightLimit)
    sweep = configuration.quietTime.map { QuietSweep(of: loop, after: $0) }
    super.init()
  }

  func streamOpened() { streamCount += 1 }

  func streamClosed() {
    streamCount -= 1
    if streamCount == 0 { sweep?.end() }
  }

  /// Flights that a stream uses at a time: one receives, one sends.
  static var flightsOfStream: Int { 2 }

  /// Whether the flight table has room for another accepted stream.
  ///
  /// A stream that has no flight fails, so a listener accepts none for which there is no room.
  var hasRoom: Bool { freeCount >= Self.flightsOfStream }

  /// Whether it has room for a connect, and behind that for an accepted stream of each listener: or
  /// connections of a program to itself could keep their own other ends from being accepted.
  var hasRoomForConnect: Bool { freeCount >= Self.flightsOfStream * (1 + acceptorCount) }

  /// Whether the flight table is large enough for another listener and one connection.
  ///
  /// A listener beside which no connection has room would never accept.
  var canAddAcceptor: Bool {
    loop.configuration.flightLimit >= Self.flightsOfLoop + acceptorCount + 1 + Self.flightsOfStream
  }

  /// The flight that the loop's wake-up takes.
  private static var flightsOfLoop: Int { 1 }

  /// Flights that no stream has been promised, nor the loop's wake-up and the listeners' accepts.
  private var freeCount: Int {
    loop.configuration.flightLimit - Self.flightsOfLoop - acceptorCount
      - streamCount * Self.flightsOfStream - extraCount
  }

  /// Flights that listeners and streams have been promised or have taken beside; 0 once all are closed.
  var heldFlightCount: Int {
    acceptorCount + streamCount * Self.flightsOfStream + extraCount
  }

  /// Takes a flight that nobody was promised; `false` if there is none.
  func takeExtraFlight() -> Bool {
    guard freeCount > 0 else { return false }
    extraCount += 1
    return true
  }

  /// Gives such a flight back.
  func giveExtraFlightBack() { extraCount -= 1 }
}

extension CompletionLoop {
  /// Flights that are kept for what is open; 0 at the end of the loop.
  package var heldFlightCount: Int { (attachment as? StreamContext)?.heldFlightCount ?? 0 }

  /// The common property of the loop's streams; on the loop's thread.
  var streams: StreamContext {
    if let streams = attachment as? StreamContext { return streams }
    let streams = StreamContext(self)
    attachment = streams
    return streams
  }
}
