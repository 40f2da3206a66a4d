module mochi-go

go 1.22

require gantry v0.0.0

replace gantry => ../../clients/go
