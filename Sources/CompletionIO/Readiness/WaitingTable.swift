// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// The requests that wait, found by their place or by their token.
struct WaitingTable {
  private var places: [WaitingRequest?] = []
  private var free: [Int32] = []
  private var placesByToken: [Token: Int32] = [:]

  var count: Int { placesByToken.count }

  var tokens: Dictionary<Token, Int32>.Keys { placesByToken.keys }

  /// Every place that is taken, in no order.
  ///
  /// - Complexity: O(places)
  var all: [Int32] { places.indices.lazy.filter { places[$0] != nil }.map { Int32($0) } }

  subscript(_ place: Int32) -> WaitingRequest {
    get {
      guard let request = places[Int(place)] else { preconditionFailure("nobody at \(place)") }
      return request
    }
    set { places[Int(place)] = newValue }
  }

  /// The place of the request with a token.
  func place(of token: Token) -> Int32? { placesByToken[token] }

  /// Keeps a request.
  ///
  /// - Returns: Its place.
  mutating func insert(_ request: WaitingRequest) -> Int32 {
    let place: Int32
    if let free = free.popLast() {
      place = free
      places[Int(place)] = request
    } else {
      place = Int32(places.count)
      places.append(request)
    }
    placesByToken[request.token] = place
    return place
  }

  mutating func remove(_ place: Int32) {
    placesByToken[self[place].token] = nil
    places[Int(place)] = nil
    free.append(place)
  }
}
