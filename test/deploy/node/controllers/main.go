// Command controllers runs kube-scheduler, or the controllers of kube-controller-manager that the node tests need.
//
//	controllers scheduler FLAG...
//	controllers manager KUBECONFIG
//
// A whole kube-controller-manager compiles 700 more packages, most of them clients of cloud providers.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/component-base/cli"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	"k8s.io/kubernetes/pkg/controller/daemon"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/job"
	"k8s.io/kubernetes/pkg/controller/namespace"
	"k8s.io/kubernetes/pkg/controller/nodelifecycle"
	"k8s.io/kubernetes/pkg/controller/podgc"
	"k8s.io/kubernetes/pkg/controller/replicaset"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"
	"k8s.io/kubernetes/pkg/controller/statefulset"
	"k8s.io/kubernetes/pkg/controller/tainteviction"
)

const resync = 12 * time.Hour

func main() {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "scheduler":
		os.Args = append([]string{"kube-scheduler"}, os.Args[2:]...)
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case len(os.Args) == 3 && os.Args[1] == "manager":
		config := must(clientcmd.BuildConfigFromFlags("", os.Args[2]))
		config.QPS, config.Burst = 200, 400
		runManager(context.Background(), config)
	default:
		fmt.Fprintln(os.Stderr, "usage: controllers scheduler FLAG... | controllers manager KUBECONFIG")
		os.Exit(2)
	}
}

// runManager starts the controllers, with the intervals that kube-controller-manager has by default, and never returns.
func runManager(ctx context.Context, config *rest.Config) {
	client := kubernetes.NewForConfigOrDie(config)
	objects := must(metadata.NewForConfig(config))
	shared := informers.NewSharedInformerFactory(client, resync)
	sharedObjects := metadatainformer.NewSharedInformerFactory(objects, resync)
	collector, start := newGarbageCollector(ctx, client, objects, shared, sharedObjects)

	runs := append(workloads(ctx, client, shared), housekeeping(ctx, client, objects, shared)...)
	shared.Start(ctx.Done())
	sharedObjects.Start(ctx.Done())
	close(start)
	for _, run := range runs {
		go run()
	}
	go collector.Sync(ctx, client.Discovery(), 30*time.Second)
	collector.Run(ctx, 5, time.Minute)
}

func workloads(ctx context.Context, client kubernetes.Interface, shared informers.SharedInformerFactory) []func() {
	apps, pods, nodes := shared.Apps().V1(), shared.Core().V1().Pods(), shared.Core().V1().Nodes()
	daemons := must(daemon.NewDaemonSetsController(ctx, apps.DaemonSets(), apps.ControllerRevisions(), pods, nodes, client,
		flowcontrol.NewBackOff(time.Second, 15*time.Minute)))
	claims := shared.Core().V1().PersistentVolumeClaims()
	stateful := statefulset.NewStatefulSetController(ctx, pods, apps.StatefulSets(), claims, apps.ControllerRevisions(), client)
	replicas := replicaset.NewReplicaSetController(ctx, apps.ReplicaSets(), pods, client, replicaset.BurstReplicas)
	deployments := must(deployment.NewDeploymentController(ctx, apps.Deployments(), apps.ReplicaSets(), pods, client))
	jobs := must(job.NewController(ctx, pods, shared.Batch().V1().Jobs(), client))
	return []func(){
		func() { daemons.Run(ctx, 2) },
		func() { stateful.Run(ctx, 2) },
		func() { replicas.Run(ctx, 2) },
		func() { deployments.Run(ctx, 2) },
		func() { jobs.Run(ctx, 2) },
	}
}

func housekeeping(
	ctx context.Context, client kubernetes.Interface, objects metadata.Interface, shared informers.SharedInformerFactory,
) []func() {
	core := shared.Core().V1()
	pods, nodes := core.Pods(), core.Nodes()
	discover := client.Discovery().ServerPreferredNamespacedResources
	namespaces := namespace.NewNamespaceController(ctx, client, objects, discover, core.Namespaces(), 5*time.Minute,
		v1.FinalizerKubernetes)
	lifecycle := must(nodelifecycle.NewNodeLifecycleController(ctx, shared.Coordination().V1().Leases(), pods, nodes,
		shared.Apps().V1().DaemonSets(), client, 5*time.Second, time.Minute, 50*time.Second, 0.1, 0.01, 50, 0.55))
	evictions := must(tainteviction.New(ctx, client, pods, nodes, "taint-eviction-controller"))
	accounts := must(serviceaccount.NewServiceAccountsController(klog.FromContext(ctx), core.ServiceAccounts(),
		core.Namespaces(), client, serviceaccount.DefaultServiceAccountsControllerOptions()))
	ended := podgc.NewPodGC(ctx, client, pods, nodes, 12500)
	return []func(){
		func() { namespaces.Run(ctx, 2) },
		func() { lifecycle.Run(ctx) },
		func() { evictions.Run(ctx) },
		func() { accounts.Run(ctx, 1) },
		func() { ended.Run(ctx) },
	}
}

func newGarbageCollector(
	ctx context.Context, client kubernetes.Interface, objects metadata.Interface,
	shared informers.SharedInformerFactory, sharedObjects metadatainformer.SharedInformerFactory,
) (*garbagecollector.GarbageCollector, chan struct{}) {
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	go wait.Until(mapper.Reset, 30*time.Second, ctx.Done())
	start := make(chan struct{})
	all := informerfactory.NewInformerFactory(shared, sharedObjects)
	ignored := garbagecollector.DefaultIgnoredResources()
	return must(garbagecollector.NewGarbageCollector(ctx, client, objects, mapper, ignored, all, start)), start
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
