/// Jobs of the Swift concurrency runtime waiting for the loop's thread, in order.
@safe
struct JobQueue: ~Copyable {
  /// A job, and which of the loop's two executors it was given to.
  struct Entry {
    var job: UnownedJob
    var isSerial: Bool
  }

  private var places: UnsafeMutablePointer<Entry>
  private var capacity = 1024
  private var head = 0
  private(set) var count = 0

  init() {
    unsafe places = .allocate(capacity: capacity)
  }

  deinit {
    unsafe places.deallocate()
  }

  var isEmpty: Bool { count == 0 }

  mutating func append(_ entry: Entry) {
    if count == capacity { grow() }
    unsafe (places + ((head + count) & (capacity - 1))).initialize(to: entry)
    count += 1
  }

  mutating func removeFirst() -> Entry {
    precondition(count > 0, "no job in line")
    let entry = unsafe (places + head).move()
    head = (head + 1) & (capacity - 1)
    count -= 1
    return entry
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
    for index in 0..<count {
      unsafe (larger + index).initialize(to: (places + ((head + index) & (capacity - 1))).move())
    }
    unsafe places.deallocate()
    unsafe places = unsafe larger
    head = 0
    capacity *= 2
  }
}
