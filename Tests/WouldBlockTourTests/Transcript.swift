// SPDX-License-Identifier: Apache-2.0

/// What the tour tells on every kernel that the library supports.
let transcript = """
  1. Blocking calls, a thread for each connection: the thread sleeps
    accept   sleeps while the queue is empty; a client's connect wakes it
    recv     sleeps while the receive buffer is empty; bytes wake it
    send     sleeps while the peer does not read; then every byte arrived, in order
    connect  sleeps while the listener's queue is full; room in it wakes it

  2. Blocking calls with a timeout, Python's settimeout: they give up
    accept   with an empty queue ends with EAGAIN (11), Python's TimeoutError
    recv     without bytes ends with EAGAIN (11), Python's TimeoutError
    send     to a peer that does not read ends with a part sent, and says how much
    send     of the rest ends with EAGAIN (11), Python's TimeoutError
    send     again while the peer reads: every byte arrived, in order
    connect  to a full queue ends with EINPROGRESS (115), Python's TimeoutError
    connect  goes on in the kernel all the same: such a socket is closed

  3. Non-blocking calls, Python's setblocking(False): they say so at once
    accept   with an empty queue: EAGAIN = EWOULDBLOCK (11), Python's BlockingIOError
    recv     with an empty receive buffer: EAGAIN = EWOULDBLOCK (11), Python's BlockingIOError
    send     takes what fits in the buffers, though the peer does not read
    send     with a full send buffer: EAGAIN = EWOULDBLOCK (11), Python's BlockingIOError
    send     lost nothing: the rest was kept; every byte arrived, in order
    connect  to a full queue: EINPROGRESS (115), Python's BlockingIOError
    connect  asked again: EALREADY (114), Python's BlockingIOError
    connect  went on by itself: writable tells its end, SO_ERROR its success

  4. Sleep and retry on send: simple, and either late or busy
    send     would block: slept, longer each time, and tried the rest again
    send     got through: every byte arrived, in order

  5. An epoll event loop: one thread, and nobody sleeps for one connection
    send     would block: the unsent bytes are kept, and epoll watches for room
    epoll    said writable whenever there was room, readable whenever bytes came
    recv     every byte arrived, in order

  6. Completions, policy .completion: the kernel waits and tells when it is done
    accept   waits in the kernel until a client is there
    recv     waits in the kernel until bytes are there
    send     waits in the kernel until the peer reads
    recv     at the other end: every byte arrived, in order
    connect  waits in the kernel until the queue has room

  7. Completions, policy .nonblocking: the answer comes at once, as in 3
    accept   answers at once: EAGAIN = EWOULDBLOCK (11), Python's BlockingIOError
    recv     answers at once: EAGAIN = EWOULDBLOCK (11), Python's BlockingIOError
    send     moves what fits, and says how much that is
    send     answers at once: EAGAIN = EWOULDBLOCK (11), Python's BlockingIOError
    send     of the rest, which was kept, once the peer reads: all of it goes
    recv     at the other end: every byte arrived, in order
    connect  answers at once: EINPROGRESS (115), Python's BlockingIOError

  8. Completions, policy .backoff: sleep and retry as in 4, without a thread that sleeps
    accept   sleeps and tries again until a client is there
    recv     sleeps and tries again until bytes are there
    send     sleeps and tries again until the peer reads
    recv     at the other end: every byte arrived, in order
    connect  is never begun twice: the loop waits until the queue has room

  9. Completions, policy .retry: one try and three more, then the answer
    accept   answers after 4 tries: EAGAIN = EWOULDBLOCK (11), Python's BlockingIOError
    recv     answers after 4 tries: EAGAIN = EWOULDBLOCK (11), Python's BlockingIOError
    send     answers after 4 tries: EAGAIN = EWOULDBLOCK (11), Python's BlockingIOError
    send     of the rest, which was kept, once the peer reads: all of it goes
    recv     at the other end: every byte arrived, in order
    connect  is never begun twice: the loop waits until the queue has room
  """
