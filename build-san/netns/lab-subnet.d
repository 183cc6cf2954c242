build-san/netns/lab-subnet.o: netns/lab-subnet.c netns/lab-priv.h \
 netns/lab.h netns/error.h
netns/lab-priv.h:
netns/lab.h:
netns/error.h:
