module gantry

go 1.22
