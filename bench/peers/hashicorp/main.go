// A key-value server on hashicorp/raft with its boltdb store, as its users build
// them: what bench/compare measures kvnode against. A PUT is answered when it is
// applied, a GET after VerifyLeader.
//
//	PUT /kv/KEY, GET /kv/KEY; GET /leads: 200 at the leader
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/ioutil"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	hclog "github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb"
)

const timeout = 5 * time.Second

// The replicated map.
type store struct {
	lock   sync.RWMutex
	values map[string][]byte
}

// A command is the size of the key, the key, the value.
func encode(key string, value []byte) []byte {
	result := make([]byte, 4, 4+len(key)+len(value))
	binary.LittleEndian.PutUint32(result, uint32(len(key)))
	result = append(result, key...)
	return append(result, value...)
}

func (s *store) Apply(entry *raft.Log) interface{} {
	size := binary.LittleEndian.Uint32(entry.Data)
	key := string(entry.Data[4 : 4+size])
	s.lock.Lock()
	defer s.lock.Unlock()
	s.values[key] = entry.Data[4+size:]
	return nil
}

func (s *store) get(key string) ([]byte, bool) {
	s.lock.RLock()
	defer s.lock.RUnlock()
	value, found := s.values[key]
	return value, found
}

// A snapshot is a sequence of commands, each behind its size.
type snapshot struct{ commands []byte }

func (s *store) Snapshot() (raft.FSMSnapshot, error) {
	s.lock.RLock()
	defer s.lock.RUnlock()
	var all bytes.Buffer
	for key, value := range s.values {
		command := encode(key, value)
		if err := binary.Write(&all, binary.LittleEndian, uint32(len(command))); err != nil {
			return nil, err
		}
		all.Write(command)
	}
	return &snapshot{all.Bytes()}, nil
}

func (s *store) Restore(from io.ReadCloser) error {
	defer from.Close()
	values := make(map[string][]byte)
	for {
		var size uint32
		err := binary.Read(from, binary.LittleEndian, &size)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		command := make([]byte, size)
		if _, err := io.ReadFull(from, command); err != nil {
			return err
		}
		key := binary.LittleEndian.Uint32(command)
		values[string(command[4:4+key])] = command[4+key:]
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	s.values = values
	return nil
}

func (s *snapshot) Persist(sink raft.SnapshotSink) error {
	if _, err := sink.Write(s.commands); err != nil {
		sink.Cancel()
		return err
	}
	return sink.Close()
}

func (s *snapshot) Release() {}

func start(id int, members []string, dir string, machine raft.FSM) (*raft.Raft, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	logs, err := raftboltdb.NewBoltStore(filepath.Join(dir, "raft.db"))
	if err != nil {
		return nil, err
	}
	snapshots, err := raft.NewFileSnapshotStore(dir, 2, ioutil.Discard)
	if err != nil {
		return nil, err
	}
	here := members[id-1]
	transport, err := raft.NewTCPTransport(here, nil, 3, timeout, ioutil.Discard)
	if err != nil {
		return nil, err
	}
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(fmt.Sprint(id))
	config.Logger = hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: os.Stderr})
	node, err := raft.NewRaft(config, machine, logs, logs, snapshots, transport)
	if err != nil {
		return nil, err
	}
	var servers []raft.Server
	for i, address := range members {
		servers = append(servers, raft.Server{
			ID:      raft.ServerID(fmt.Sprint(i + 1)),
			Address: raft.ServerAddress(address),
		})
	}
	if id == 1 {
		err := node.BootstrapCluster(raft.Configuration{Servers: servers}).Error()
		if err != nil && err != raft.ErrCantBootstrap {
			return nil, err
		}
	}
	return node, nil
}

type server struct {
	node    *raft.Raft
	machine *store
}

func fail(to http.ResponseWriter, err error) {
	http.Error(to, err.Error(), http.StatusServiceUnavailable)
}

func (s *server) ServeHTTP(to http.ResponseWriter, from *http.Request) {
	key := strings.TrimPrefix(from.URL.Path, "/kv/")
	switch {
	case from.URL.Path == "/leads":
		if s.node.State() != raft.Leader {
			fail(to, raft.ErrNotLeader)
		}
	case from.Method == http.MethodPut:
		value, err := ioutil.ReadAll(from.Body)
		if err != nil {
			http.Error(to, err.Error(), http.StatusBadRequest)
			return
		}
		if err := s.node.Apply(encode(key, value), timeout).Error(); err != nil {
			fail(to, err)
			return
		}
		to.WriteHeader(http.StatusNoContent)
	case from.Method == http.MethodGet:
		if err := s.node.VerifyLeader().Error(); err != nil {
			fail(to, err)
			return
		}
		value, found := s.machine.get(key)
		if !found {
			http.NotFound(to, from)
			return
		}
		to.Write(value)
	default:
		http.Error(to, "only PUT and GET", http.StatusMethodNotAllowed)
	}
}

func main() {
	id := flag.Int("id", 1, "this member: the N-th of -members")
	members := flag.String("members", "127.0.0.1:7001", "HOST:PORT,... of all members")
	listen := flag.String("http", "127.0.0.1:8001", "where HTTP is served")
	dir := flag.String("dir", "hashicorp-data", "durable state")
	flag.Parse()
	machine := &store{values: make(map[string][]byte)}
	node, err := start(*id, strings.Split(*members, ","), *dir, machine)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(*listen, &server{node, machine}))
}
