package gantry

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// A frame is two little-endian 32-bit numbers, the length of all that follows the first and the length of the header,
// then the header in JSON, then the payload.

const maxFrame = 1 << 30

func writeFrame(w io.Writer, header any, payload []byte) error {
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	frame := make([]byte, 8, 8+len(text)+len(payload))
	binary.LittleEndian.PutUint32(frame, uint32(4+len(text)+len(payload)))
	binary.LittleEndian.PutUint32(frame[4:], uint32(len(text)))
	frame = append(frame, text...)
	frame = append(frame, payload...)
	_, err = w.Write(frame)
	return err
}

func readFrame(r io.Reader) (header, payload []byte, err error) {
	var lengths [8]byte
	if _, err = io.ReadFull(r, lengths[:]); err != nil {
		return nil, nil, err
	}
	length := binary.LittleEndian.Uint32(lengths[:])
	headerLength := binary.LittleEndian.Uint32(lengths[4:])
	if length > maxFrame || length < 4 || headerLength > length-4 {
		return nil, nil, fmt.Errorf("gantry: the worker sent a malformed frame (%d, %d)", length, headerLength)
	}
	body := make([]byte, length-4)
	if _, err = io.ReadFull(r, body); err != nil {
		return nil, nil, err
	}
	return body[:headerLength], body[headerLength:], nil
}
